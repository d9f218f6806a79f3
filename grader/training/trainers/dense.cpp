// Trains one small dense network under one seed, one epoch a call, on one core.
//
// A step of such a network is a few ten thousand multiply-adds: far less than what dispatching its operations costs a
// framework. Here a step is one pass over weights that stay in the core's cache: each row of a weight matrix gets its
// gradient and its update while it is in registers. Four of five pixels of a digit are zero; the first layer works on
// the others only. Where inputs are normalised a zero becomes a constant c, and W x = W (x - c) + c (sum of W's rows).
// Dropout of the inputs is done as they are loaded; where c isn't 0 it leaves no constant, and every pixel is listed.
// Weights lie input by input, [in][out], so that every inner loop runs over outputs. Rows of weights and of activations are
// padded with zeros to whole vectors: no loop has a tail, and the padding stays zero because its gradients are.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

// The machine's vectors, and the tile of sums that fills its registers: TALL rows of WIDE vectors.
#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64, TALL = 8, WIDE = 3;  // 32 registers
#elif defined(__AVX__)
constexpr int VECTOR_BYTES = 32, TALL = 6, WIDE = 2;  // 16 registers
#else
constexpr int VECTOR_BYTES = 16, TALL = 6, WIDE = 2;  // 16 registers of SSE, 32 of NEON
#endif

enum Kind : int32_t { LINEAR, RELU, LEAKY_RELU, TANH, SIGMOID, DROPOUT, SOFTMAX, LOG_SOFTMAX };
enum Loss : int32_t { CROSS_ENTROPY, NLL, MSE };
enum Optimizer : int32_t { SGD, ADAM, ADAMW, RMSPROP };

struct Op {
    int32_t kind;
    int32_t in, out;  // widths; equal except for LINEAR
    double value;     // p of dropout, slope of leaky ReLU
    int64_t weight;   // LINEAR: where its [in][padded out] weights begin in the parameters
    int64_t bias;     // LINEAR: where its [padded out] biases begin, or -1
};

struct Run {
    int64_t width;              // of an image, in pixels
    const int64_t *begins;      // sample i has the nonzero pixels begins[i] to begins[i + 1]
    const int16_t *places;      // of each nonzero pixel: where it is in its image
    const uint8_t *pixels;      // and its value
    const int64_t *labels;
    double divide, mean, std;   // inputs are ((pixel / divide) - mean) / std
    const int64_t *order;       // this epoch's order of the samples
    int64_t used;               // how many of it
    int64_t batch;
    int32_t drop_last;
    int32_t loss;
    double smoothing;           // label smoothing of cross entropy
    int32_t optimizer;
    double beta2, eps, decay, dampening, alpha;
    int32_t nesterov;
    const double *rates;        // the learning rate of each step of this epoch
    const double *momenta;      // likewise the momentum (SGD, RMSprop) or the first beta (Adam): schedules change it
    int64_t step;               // steps taken before this epoch
    uint64_t seed;              // of dropout's masks
    volatile int32_t stop;      // set by another thread to end the epoch early
};

// A uniform number in [0, 1) from a counter: splitmix64's output function (Steele, Lea, Flood 2014).
inline double uniform(uint64_t seed, uint64_t counter) {
    uint64_t z = seed + 0x9E3779B97F4A7C15ull * (counter + 1);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return double((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

template <class T> struct Trainer {
    // Compilers don't find by themselves which sums to keep in registers.
    typedef T Vector __attribute__((vector_size(VECTOR_BYTES), may_alias));
    static constexpr int32_t LANES = VECTOR_BYTES / sizeof(T);
    struct alignas(VECTOR_BYTES) Block { T value[LANES]; };
    // Rows of a matrix, each padded to whole vectors.
    struct Rows {
        int64_t stride = 0;
        std::vector<Block> blocks;
        void resize(int64_t rows, int64_t width) {
            stride = padded(width), blocks.assign(rows * stride / LANES, Block{});
        }
        T *operator[](int64_t row) { return blocks.data()->value + row * stride; }
    };

    const Op *ops;
    int32_t count;
    T *parameters, *first, *second;  // first and second moments, or momentum buffers
    const Run &run;
    std::vector<Rows> values;   // values[i]: inputs of op i; values[count]: the output. Batch x width.
    std::vector<Rows> gradients;
    std::vector<Rows> masks;    // of dropout: 0 or 1 / (1 - p)
    // The inputs of a batch that are listed: those of sample or pixel i are begins[i] to begins[i + 1].
    struct Listed {
        std::vector<int32_t> begins, where;  // the pixel of each, or the sample
        std::vector<T> value;                // and its input, less the constant of those that aren't listed
    } by_sample, by_pixel;
    std::vector<int32_t> by_pixel_next;
    Rows gradient, sum;
    Rows one_panel, packed;               // of the right factor of a product
    Rows turned, turned_back;             // gradients of outputs and inputs, [width][padded batch]
    int32_t entry;                        // the first LINEAR: before it only dropout can stand
    T table[256], zero;                   // what each pixel value becomes, less what zero becomes
    T constant;                           // the input of a pixel that isn't listed

    static int64_t padded(int64_t width) { return (width + LANES - 1) / LANES * LANES; }

    Trainer(const Op *ops, int32_t count, T *parameters, T *first, T *second, const Run &run)
        : ops(ops), count(count), parameters(parameters), first(first), second(second), run(run) {
        int32_t widest = 0;
        entry = ops[0].kind == DROPOUT;
        values.resize(count + 1), gradients.resize(count + 1), masks.resize(count);
        for (int32_t i = 0; i <= count; i++) {
            int32_t width = i < count ? ops[i].in : ops[count - 1].out;
            if (i > entry) widest = std::max(widest, width);
            const int64_t rows = i > entry ? run.batch : 1;  // the inputs are listed instead
            values[i].resize(rows, width), gradients[i].resize(rows, width);
            if (i < count && ops[i].kind == DROPOUT) masks[i].resize(rows, width);
        }
        gradient.resize(TALL, widest), sum.resize(1, widest);
        one_panel.resize(DEEP, WIDE * LANES), packed.resize(run.batch, widest);
        turned.resize(widest, run.batch), turned_back.resize(widest, run.batch);
        by_sample.begins.resize(run.batch + 1), by_pixel.begins.resize(run.width + 1), by_pixel_next.resize(run.width);
        zero = -T(run.mean) / T(run.std);
        for (int v = 0; v < 256; v++) table[v] = (T(v) / T(run.divide) - T(run.mean)) / T(run.std) - zero;
        constant = entry ? T(0) : zero;
    }

    // Lists the inputs of a batch, by sample and by pixel.
    void load(const int64_t *chosen, int64_t batch, int64_t step) {
        int64_t most = 0;
        for (int64_t b = 0; b < batch; b++) most += run.begins[chosen[b] + 1] - run.begins[chosen[b]];
        if (zero != constant) most = batch * run.width;
        for (Listed *listed : {&by_sample, &by_pixel}) listed->where.resize(most), listed->value.resize(most);
        int32_t used = 0;
        for (int64_t b = 0; b < batch; b++) {
            by_sample.begins[b] = used;
            used = entry ? drop(chosen[b], b, step, used) : list(chosen[b], used);
        }
        by_sample.begins[batch] = used;

        int32_t *begins = by_pixel.begins.data(), *next = by_pixel_next.data(), *to = by_pixel.where.data();
        const int32_t *where = by_sample.where.data();
        const T *from = by_sample.value.data();
        T *value = by_pixel.value.data();
        std::fill(begins, begins + run.width + 1, 0);
        for (int32_t e = 0; e < used; e++) begins[where[e] + 1]++;
        for (int64_t j = 0; j < run.width; j++) next[j] = begins[j], begins[j + 1] += begins[j];
        for (int32_t b = 0; b < batch; b++)
            for (int32_t e = by_sample.begins[b], end = by_sample.begins[b + 1]; e < end; e++) {
                const int32_t at = next[where[e]]++;
                to[at] = b, value[at] = from[e];
            }
    }

    int32_t list(int64_t sample, int32_t used) {
        int32_t *where = by_sample.where.data();
        T *value = by_sample.value.data();
        for (int64_t e = run.begins[sample], end = run.begins[sample + 1]; e < end; e++, used++)
            where[used] = run.places[e], value[used] = table[run.pixels[e]];
        return used;
    }

    // The inputs that dropout leaves of sample b of the batch.
    int32_t drop(int64_t sample, int64_t b, int64_t step, int32_t used) {
        T *x = values[0][0];
        std::fill(x, x + run.width, zero);
        for (int64_t e = run.begins[sample]; e < run.begins[sample + 1]; e++) x[run.places[e]] += table[run.pixels[e]];
        for (int32_t k = 0; k < run.width; k++) {
            if (x[k] == 0) continue;
            const T value = x[k] * kept(0, step, b, k);
            if (value != 0) by_sample.where[used] = k, by_sample.value[used++] = value;
        }
        return used;
    }

    // What dropout multiplies this value with: 0 or 1 / (1 - p).
    T kept(int32_t i, int64_t step, int64_t b, int32_t k) const {
        const uint64_t counter = (uint64_t(step) * count + i) * uint64_t(run.batch) * ops[i].in;
        const T keep = ops[i].value < 1 ? T(1 / (1 - ops[i].value)) : T(0);
        return uniform(run.seed, counter + b * ops[i].in + k) < ops[i].value ? T(0) : keep;
    }

    static const Vector *vectors(const T *from) { return (const Vector *)from; }
    static Vector *vectors(T *to) { return (Vector *)to; }

    static void add(T *to, const T *from, T factor, int64_t n) {
        for (int64_t k = 0; k < n; k++) to[k] += factor * from[k];
    }

    // A panel of the right factor, DEEP rows of WIDE vectors, stays in the first cache while the left factor's rows pass.
    static constexpr int64_t DEEP = 128;

    // to[r][c] += sum over k < inner of a[r * apart + k * along] * panel[k][c], for r < R and c in V vectors.
    template <int R, int V>
    static void tile(T *to, int64_t stride, const T *a, int64_t apart, int64_t along, const T *panel, int64_t inner) {
        Vector sums[R][V] = {};
        for (int64_t k = 0; k < inner; k++, panel += V * LANES)
            for (int r = 0; r < R; r++)
                for (int v = 0; v < V; v++) sums[r][v] += a[r * apart + k * along] * vectors(panel)[v];
        for (int r = 0; r < R; r++)
            for (int v = 0; v < V; v++) vectors(to + r * stride)[v] += sums[r][v];
    }

    template <int V>
    static void tiles(T *to, int64_t stride, const T *a, int64_t apart, int64_t along, const T *panel, int64_t rows, int64_t inner) {
        for (; rows >= TALL; rows -= TALL, to += TALL * stride, a += TALL * apart)
            tile<TALL, V>(to, stride, a, apart, along, panel, inner);
        for (; rows > 0; rows--, to += stride, a += apart) tile<1, V>(to, stride, a, apart, along, panel, inner);
    }

    // A panel's rows one after the other: a row of the matrix lies on a page of its own.
    static const T *gathered(T *panel, const T *b, int64_t stride, int64_t rows, int64_t width) {
        for (int64_t k = 0; k < rows; k++) std::copy(b + k * stride, b + k * stride + width, panel + k * width);
        return panel;
    }

    // The panels of a matrix whose rows are `stride` apart, in the order in which `product` takes them.
    static void pack(T *panels, const T *b, int64_t stride, int64_t inner) {
        for (int64_t k = 0; k < inner; k += DEEP) {
            const int64_t deep = std::min(DEEP, inner - k);
            for (int64_t c = 0; c < stride;) {
                const int64_t width = across(stride - c);
                gathered(panels + k * stride + c * deep, b + k * stride + c, stride, deep, width);
                c += width;
            }
        }
    }

    // Columns of the next panel, of those that are left.
    static int64_t across(int64_t left) { return std::min<int64_t>(WIDE * LANES, left); }

    // to += a b; a's element (r, k) is at a[r * apart + k * along], rows of `to` and of b are `stride` apart; b may be packed.
    template <bool PACKED>
    void product(T *to, int64_t stride, const T *a, int64_t apart, int64_t along, const T *b, int64_t rows, int64_t inner) {
        for (int64_t k = 0; k < inner; k += DEEP, a += DEEP * along, b += DEEP * stride) {
            const int64_t deep = std::min(DEEP, inner - k);
            for (int64_t c = 0; c < stride;) {
                const int64_t width = across(stride - c);
                const T *panel = PACKED ? b + c * deep : gathered(one_panel[0], b + c, stride, deep, width);
                switch (width / LANES) {
                case 3: tiles<3>(to + c, stride, a, apart, along, panel, rows, deep); break;
                case 2: tiles<2>(to + c, stride, a, apart, along, panel, rows, deep); break;
                default: tiles<1>(to + c, stride, a, apart, along, panel, rows, deep);
                }
                c += width;
            }
        }
    }

    // to[c][r] = from[r][c], in squares whose lines stay in the first cache.
    static void transpose(T *to, int64_t apart, const T *from, int64_t stride, int64_t rows, int64_t width) {
        for (int64_t r = 0; r < rows; r += LANES)
            for (int64_t c = 0; c < width; c++)
                for (int64_t i = r; i < std::min(r + LANES, rows); i++) to[c * apart + i] = from[i * stride + c];
    }

    // V vectors of the first layer's outputs: every listed input of the sample adds its row of weights.
    template <int V> void spread(T *y, const T *weights, int64_t b, int64_t stride) {
        Vector sums[V];
        for (int v = 0; v < V; v++) sums[v] = vectors(y)[v];
        for (int32_t e = by_sample.begins[b]; e < by_sample.begins[b + 1]; e++) {
            const T factor = by_sample.value[e];
            const Vector *from = vectors(weights + by_sample.where[e] * stride);
            for (int v = 0; v < V; v++) sums[v] += factor * from[v];
        }
        for (int v = 0; v < V; v++) vectors(y)[v] = sums[v];
    }

    // V vectors of the gradient of one pixel's weights.
    template <int V> void gather(T *g, const T *gy, int32_t j, int64_t stride) {
        Vector sums[V];
        for (int v = 0; v < V; v++) sums[v] = vectors(g)[v];
        for (int32_t e = by_pixel.begins[j]; e < by_pixel.begins[j + 1]; e++) {
            const Vector *from = vectors(gy + by_pixel.where[e] * stride);
            for (int v = 0; v < V; v++) sums[v] += by_pixel.value[e] * from[v];
        }
        for (int v = 0; v < V; v++) vectors(g)[v] = sums[v];
    }

    void linear(const Op &op, int32_t i, int64_t batch) {
        const int64_t stride = values[i + 1].stride;
        const T *weights = parameters + op.weight;
        T *x = values[i][0], *y = values[i + 1][0], *s = sum[0];
        std::fill(s, s + stride, T(0));
        if (op.bias >= 0) add(s, parameters + op.bias, T(1), stride);
        if (i == entry && constant != 0)
            for (int32_t j = 0; j < op.in; j++) add(s, weights + j * stride, constant, stride);
        for (int64_t b = 0; b < batch; b++) std::copy(s, s + stride, y + b * stride);
        if (i > entry) return product<false>(y, stride, x, values[i].stride, 1, weights, batch, op.in);
        int64_t c = 0;
        // A panel of the weights stays in the cache while the samples pass.
        for (; c + 12 * LANES <= stride; c += 12 * LANES)
            for (int64_t b = 0; b < batch; b++) spread<12>(y + b * stride + c, weights + c, b, stride);
        for (; c + 4 * LANES <= stride; c += 4 * LANES)
            for (int64_t b = 0; b < batch; b++) spread<4>(y + b * stride + c, weights + c, b, stride);
        for (; c < stride; c += LANES)
            for (int64_t b = 0; b < batch; b++) spread<1>(y + b * stride + c, weights + c, b, stride);
    }

    void forward(int64_t batch, int64_t step) {
        for (int32_t i = entry; i < count; i++) {
            const Op &op = ops[i];
            const T *x = values[i][0];
            T *y = values[i + 1][0];
            const int64_t stride = values[i].stride, n = batch * stride;
            switch (op.kind) {
            case LINEAR: linear(op, i, batch); break;
            case RELU: for (int64_t k = 0; k < n; k++) y[k] = x[k] > 0 ? x[k] : T(0); break;
            case LEAKY_RELU: for (int64_t k = 0; k < n; k++) y[k] = x[k] > 0 ? x[k] : T(op.value) * x[k]; break;
            case TANH: for (int64_t k = 0; k < n; k++) y[k] = std::tanh(x[k]); break;
            case SIGMOID: for (int64_t k = 0; k < n; k++) y[k] = 1 / (1 + std::exp(-x[k])); break;
            case DROPOUT:
                for (int64_t b = 0; b < batch; b++)
                    for (int32_t k = 0; k < op.in; k++) masks[i][b][k] = kept(i, step, b, k);
                mask(y, x, masks[i][0], n);
                break;
            default:
                for (int64_t b = 0; b < batch; b++) softmax(x + b * stride, y + b * stride, op.in, op.kind == LOG_SOFTMAX);
            }
        }
    }

    static void mask(T *to, const T *from, const T *factors, int64_t n) {
        for (int64_t k = 0; k < n; k++) to[k] = factors[k] * from[k];
    }

    static void softmax(const T *x, T *y, int32_t n, bool log) {
        const T top = *std::max_element(x, x + n);
        T sum = 0;
        for (int32_t k = 0; k < n; k++) sum += std::exp(x[k] - top);
        for (int32_t k = 0; k < n; k++) y[k] = log ? x[k] - top - std::log(sum) : std::exp(x[k] - top) / sum;
    }

    // The mean loss of the batch; leaves its gradient with respect to the output.
    double loss(const int64_t *chosen, int64_t batch) {
        const int32_t n = ops[count - 1].out;
        double total = 0;
        std::vector<T> logs(n);
        for (int64_t b = 0; b < batch; b++) {
            const T *y = values[count][b];
            T *g = gradients[count][b];
            const int64_t label = run.labels[chosen[b]];
            if (run.loss == CROSS_ENTROPY) {
                softmax(y, logs.data(), n, true);
                for (int32_t k = 0; k < n; k++) {
                    const T target = T(k == label ? 1 - run.smoothing : 0) + T(run.smoothing / n);
                    total -= double(target * logs[k]) / batch;
                    g[k] = (std::exp(logs[k]) - target) / T(batch);
                }
            } else if (run.loss == NLL) {
                total -= double(y[label]) / batch;
                for (int32_t k = 0; k < n; k++) g[k] = k == label ? T(-1) / T(batch) : T(0);
            } else {
                for (int32_t k = 0; k < n; k++) {
                    const T difference = y[k] - T(k == label);
                    total += double(difference * difference) / (batch * n);
                    g[k] = 2 * difference / T(batch * n);
                }
            }
        }
        return total;
    }

    void backward(int64_t batch, int64_t step) {
        for (int32_t i = count - 1; i >= entry; i--) {
            const Op &op = ops[i];
            const T *x = values[i][0], *y = values[i + 1][0], *gy = gradients[i + 1][0];
            T *gx = gradients[i][0];
            const int64_t stride = values[i].stride, n = batch * stride;
            switch (op.kind) {
            case LINEAR: backward(op, i, batch, step); break;
            case RELU: for (int64_t k = 0; k < n; k++) gx[k] = x[k] > 0 ? gy[k] : T(0); break;
            case LEAKY_RELU: for (int64_t k = 0; k < n; k++) gx[k] = x[k] > 0 ? gy[k] : T(op.value) * gy[k]; break;
            case TANH: for (int64_t k = 0; k < n; k++) gx[k] = gy[k] * (1 - y[k] * y[k]); break;
            case SIGMOID: for (int64_t k = 0; k < n; k++) gx[k] = gy[k] * y[k] * (1 - y[k]); break;
            case DROPOUT: mask(gx, gy, masks[i][0], n); break;
            default:
                for (int64_t b = 0; b < batch; b++) {
                    const T *yb = y + b * stride, *gb = gy + b * stride;
                    T sum = 0;
                    for (int32_t k = 0; k < op.in; k++) sum += op.kind == SOFTMAX ? gb[k] * yb[k] : gb[k];
                    for (int32_t k = 0; k < op.in; k++)
                        gx[b * stride + k] = op.kind == SOFTMAX ? yb[k] * (gb[k] - sum) : gb[k] - std::exp(yb[k]) * sum;
                }
            }
        }
    }

    // The gradient of the inputs comes first: it needs the weights before their update.
    void backward(const Op &op, int32_t i, int64_t batch, int64_t step) {
        const int64_t stride = values[i + 1].stride;
        const T *gy = gradients[i + 1][0];
        T *g = gradient[0], *s = sum[0];
        if (i > entry) {
            input_gradient(op, i, batch);
            pack(packed[0], gy, stride, batch);
        }
        std::fill(s, s + stride, T(0));
        for (int64_t b = 0; b < batch; b++) add(s, gy + b * stride, T(1), stride);
        for (int32_t j = 0; j < op.in; j += TALL) {
            const int32_t rows = std::min<int32_t>(TALL, op.in - j);
            std::fill(g, g + rows * stride, T(0));
            for (int32_t r = 0; i == entry && r < rows; r++) {
                T *to = g + r * stride;
                if (constant != 0) add(to, s, constant, stride);
                int64_t c = 0;
                for (; c + 12 * LANES <= stride; c += 12 * LANES) gather<12>(to + c, gy + c, j + r, stride);
                for (; c + 4 * LANES <= stride; c += 4 * LANES) gather<4>(to + c, gy + c, j + r, stride);
                for (; c < stride; c += LANES) gather<1>(to + c, gy + c, j + r, stride);
            }
            if (i > entry) product<true>(g, stride, values[i][0] + j, 1, values[i].stride, packed[0], rows, batch);
            update(op.weight + j * stride, g, rows * stride, step);
        }
        if (op.bias >= 0) update(op.bias, s, stride, step);
    }

    // By its transpose, samples along the vectors: a scalar product would end with a sum within each vector.
    void input_gradient(const Op &op, int32_t i, int64_t batch) {
        const int64_t stride = gradients[i + 1].stride, apart = gradients[i].stride, samples = padded(batch);
        T *gy = turned[0], *gx = turned_back[0];
        transpose(gy, samples, gradients[i + 1][0], stride, batch, op.out);
        std::fill(gx, gx + op.in * samples, T(0));
        product<false>(gx, samples, parameters + op.weight, stride, 1, gy, op.in, op.out);
        transpose(gradients[i][0], apart, gx, samples, op.in, batch);
    }

    // Formulas as in torch.optim; `step` counts from 1.
    void update(int64_t at, const T *__restrict g, int64_t n, int64_t step) {
        const double rate = run.rates[step - 1 - run.step], beta = run.momenta[step - 1 - run.step];
        T *__restrict w = parameters + at, *__restrict m = first + at, *__restrict v = second + at;
        const T decay = T(run.decay), eps = T(run.eps), lr = T(rate);
        if (run.optimizer == SGD) {
            const T momentum = T(beta), fresh = T(step == 1 ? 1 : 1 - run.dampening);
            for (int64_t k = 0; k < n; k++) {
                const T d = g[k] + decay * w[k];
                m[k] = momentum * m[k] + fresh * d;
                w[k] -= lr * (run.nesterov ? d + momentum * m[k] : beta != 0 ? m[k] : d);
            }
        } else if (run.optimizer == RMSPROP) {
            const T alpha = T(run.alpha), momentum = T(beta);
            for (int64_t k = 0; k < n; k++) {
                const T d = g[k] + decay * w[k];
                v[k] = alpha * v[k] + (1 - alpha) * d * d;
                m[k] = momentum * m[k] + d / (std::sqrt(v[k]) + eps);
                w[k] -= lr * m[k];
            }
        } else {
            const T b1 = T(beta), b2 = T(run.beta2), shrink = run.optimizer == ADAMW ? 1 - lr * decay : T(1);
            const T l2 = run.optimizer == ADAM ? decay : T(0);
            const T size = T(rate / (1 - std::pow(beta, double(step))));
            const T root = T(1 / std::sqrt(1 - std::pow(run.beta2, double(step))));
            for (int64_t k = 0; k < n; k++) {
                const T d = g[k] + l2 * w[k];
                m[k] += (1 - b1) * (d - m[k]);
                v[k] = b2 * v[k] + (1 - b2) * d * d;
                w[k] = w[k] * shrink - size * m[k] / (std::sqrt(v[k]) * root + eps);
            }
        }
    }

    // The mean loss over the samples of this epoch.
    double epoch() {
        double total = 0;
        int64_t seen = 0, step = run.step;
        for (int64_t from = 0; from < run.used && !run.stop; from += run.batch) {
            const int64_t batch = std::min(run.batch, run.used - from);
            if (run.drop_last && batch < run.batch) break;
            const int64_t *chosen = run.order + from;
            load(chosen, batch, step);
            forward(batch, step);
            total += loss(chosen, batch) * batch, seen += batch;
            backward(batch, step + 1);
            step++;
        }
        return seen ? total / seen : 0;
    }
};

}  // namespace

extern "C" {
int32_t vector_bytes() { return VECTOR_BYTES; }

double epoch_float(const Op *ops, int32_t count, float *parameters, float *first, float *second, const Run *run) {
    return Trainer<float>(ops, count, parameters, first, second, *run).epoch();
}
double epoch_double(const Op *ops, int32_t count, double *parameters, double *first, double *second, const Run *run) {
    return Trainer<double>(ops, count, parameters, first, second, *run).epoch();
}
}
