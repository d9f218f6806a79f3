// Trains one small dense network under one seed, one epoch a call, on one core.
//
// A step of such a network is a few ten thousand multiply-adds: far less than what dispatching its operations costs a
// framework. Here a step is one pass over weights that stay in the core's cache: each row of a weight matrix gets its
// gradient and its update while it is in registers. Four of five pixels of a digit are zero; the first layer works on
// the others only. Where inputs are normalised a zero becomes a constant c, and W x = W (x - c) + c (sum of W's rows).
// Weights lie input by input, [in][out], so that every inner loop runs over outputs.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

enum Kind : int32_t { LINEAR, RELU, LEAKY_RELU, TANH, SIGMOID, DROPOUT, SOFTMAX, LOG_SOFTMAX };
enum Loss : int32_t { CROSS_ENTROPY, NLL, MSE };
enum Optimizer : int32_t { SGD, ADAM, ADAMW, RMSPROP };

struct Op {
    int32_t kind;
    int32_t in, out;  // widths; equal except for LINEAR
    double value;     // p of dropout, slope of leaky ReLU
    int64_t weight;   // LINEAR: where its [in][out] weights begin in the parameters
    int64_t bias;     // LINEAR: where its biases begin, or -1
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
};

// A uniform number in [0, 1) from a counter: splitmix64's output function (Steele, Lea, Flood 2014).
inline double uniform(uint64_t seed, uint64_t counter) {
    uint64_t z = seed + 0x9E3779B97F4A7C15ull * (counter + 1);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return double((z ^ (z >> 31)) >> 11) * 0x1.0p-53;
}

template <class T> struct Trainer {
    const Op *ops;
    int32_t count;
    T *parameters, *first, *second;  // first and second moments, or momentum buffers
    const Run &run;
    std::vector<std::vector<T>> values;   // values[i]: inputs of op i; values[count]: the output. Batch x width.
    std::vector<std::vector<T>> gradients;
    std::vector<std::vector<T>> masks;    // of dropout: 0 or 1 / (1 - p)
    std::vector<int32_t> start, row;      // the nonzero pixels of a batch, by pixel: which sample, and its value
    std::vector<T> entry;
    std::vector<T> gradient, sum;
    T table[256], zero;                   // what each pixel value becomes, less what zero becomes

    Trainer(const Op *ops, int32_t count, T *parameters, T *first, T *second, const Run &run)
        : ops(ops), count(count), parameters(parameters), first(first), second(second), run(run) {
        int32_t widest = 0;
        values.resize(count + 1), gradients.resize(count + 1), masks.resize(count);
        for (int32_t i = 0; i <= count; i++) {
            int32_t width = i < count ? ops[i].in : ops[count - 1].out;
            widest = std::max(widest, width);
            values[i].resize(run.batch * width), gradients[i].resize(run.batch * width);
            if (i < count && ops[i].kind == DROPOUT) masks[i].resize(run.batch * width);
        }
        gradient.resize(widest), sum.resize(widest);
        zero = -T(run.mean) / T(run.std);
        for (int v = 0; v < 256; v++) table[v] = (T(v) / T(run.divide) - T(run.mean)) / T(run.std) - zero;
    }

    // Sorts the nonzero pixels of a batch by pixel.
    void load(const int64_t *chosen, int64_t batch) {
        start.assign(run.width + 1, 0);
        for (int64_t b = 0; b < batch; b++)
            for (int64_t e = run.begins[chosen[b]]; e < run.begins[chosen[b] + 1]; e++) start[run.places[e] + 1]++;
        for (int64_t j = 0; j < run.width; j++) start[j + 1] += start[j];
        row.resize(start[run.width]), entry.resize(start[run.width]);
        std::vector<int32_t> next(start.begin(), start.end() - 1);
        for (int64_t b = 0; b < batch; b++)
            for (int64_t e = run.begins[chosen[b]]; e < run.begins[chosen[b] + 1]; e++) {
                const int32_t at = next[run.places[e]]++;
                row[at] = int32_t(b), entry[at] = table[run.pixels[e]];
            }
    }

    static void add(T *__restrict to, const T *__restrict from, T factor, int32_t n) {
        for (int32_t k = 0; k < n; k++) to[k] += factor * from[k];
    }

    // Adds `rows` rows of `from`, `stride` apart, each times its factor; four at a time, to touch `to` less often.
    static void add(T *__restrict to, const T *from, int64_t stride, const T *factors, int64_t apart, int64_t rows, int32_t n) {
        int64_t r = 0;
        for (; r + 4 <= rows; r += 4) {
            const T *__restrict a = from + r * stride, *__restrict b = a + stride, *__restrict c = b + stride,
                    *__restrict d = c + stride;
            const T *f = factors + r * apart;
            const T fa = f[0], fb = f[apart], fc = f[2 * apart], fd = f[3 * apart];
            for (int32_t k = 0; k < n; k++) to[k] += fa * a[k] + fb * b[k] + fc * c[k] + fd * d[k];
        }
        for (; r < rows; r++) add(to, from + r * stride, factors[r * apart], n);
    }

    void linear(const Op &op, int32_t i, int64_t batch) {
        const T *x = values[i].data(), *weights = parameters + op.weight;
        T *y = values[i + 1].data();
        std::fill(sum.begin(), sum.begin() + op.out, T(0));
        if (op.bias >= 0) add(sum.data(), parameters + op.bias, T(1), op.out);
        if (i == 0 && zero != 0)
            for (int32_t j = 0; j < op.in; j++) add(sum.data(), weights + int64_t(j) * op.out, zero, op.out);
        for (int64_t b = 0; b < batch; b++) std::copy(sum.begin(), sum.begin() + op.out, y + b * op.out);
        if (i == 0)
            for (int32_t j = 0; j < op.in; j++)
                for (int32_t e = start[j]; e < start[j + 1]; e++)
                    add(y + row[e] * op.out, weights + int64_t(j) * op.out, entry[e], op.out);
        else
            for (int64_t b = 0; b < batch; b++) add(y + b * op.out, weights, op.out, x + b * op.in, 1, op.in, op.out);
    }

    void forward(int64_t batch, int64_t step) {
        for (int32_t i = 0; i < count; i++) {
            const Op &op = ops[i];
            const T *x = values[i].data();
            T *y = values[i + 1].data();
            const int64_t n = batch * op.in;
            switch (op.kind) {
            case LINEAR: linear(op, i, batch); break;
            case RELU: for (int64_t k = 0; k < n; k++) y[k] = x[k] > 0 ? x[k] : T(0); break;
            case LEAKY_RELU: for (int64_t k = 0; k < n; k++) y[k] = x[k] > 0 ? x[k] : T(op.value) * x[k]; break;
            case TANH: for (int64_t k = 0; k < n; k++) y[k] = std::tanh(x[k]); break;
            case SIGMOID: for (int64_t k = 0; k < n; k++) y[k] = 1 / (1 + std::exp(-x[k])); break;
            case DROPOUT: {
                const T keep = op.value < 1 ? T(1 / (1 - op.value)) : T(0);
                const uint64_t counter = (uint64_t(step) * count + i) * uint64_t(run.batch) * op.in;
                for (int64_t k = 0; k < n; k++) {
                    masks[i][k] = uniform(run.seed, counter + k) < op.value ? T(0) : keep;
                    y[k] = masks[i][k] * x[k];
                }
                break;
            }
            default:
                for (int64_t b = 0; b < batch; b++) softmax(x + b * op.in, y + b * op.in, op.in, op.kind == LOG_SOFTMAX);
            }
        }
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
            const T *y = values[count].data() + b * n;
            T *g = gradients[count].data() + b * n;
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
        for (int32_t i = count - 1; i >= 0; i--) {
            const Op &op = ops[i];
            const T *x = values[i].data(), *y = values[i + 1].data(), *gy = gradients[i + 1].data();
            T *gx = gradients[i].data();
            const int64_t n = batch * op.in;
            switch (op.kind) {
            case LINEAR: backward(op, i, batch, step); break;
            case RELU: for (int64_t k = 0; k < n; k++) gx[k] = x[k] > 0 ? gy[k] : T(0); break;
            case LEAKY_RELU: for (int64_t k = 0; k < n; k++) gx[k] = x[k] > 0 ? gy[k] : T(op.value) * gy[k]; break;
            case TANH: for (int64_t k = 0; k < n; k++) gx[k] = gy[k] * (1 - y[k] * y[k]); break;
            case SIGMOID: for (int64_t k = 0; k < n; k++) gx[k] = gy[k] * y[k] * (1 - y[k]); break;
            case DROPOUT: for (int64_t k = 0; k < n; k++) gx[k] = gy[k] * masks[i][k]; break;
            default:
                for (int64_t b = 0; b < batch; b++) {
                    const T *yb = y + b * op.in, *gb = gy + b * op.in;
                    T sum = 0;
                    for (int32_t k = 0; k < op.in; k++) sum += op.kind == SOFTMAX ? gb[k] * yb[k] : gb[k];
                    for (int32_t k = 0; k < op.in; k++)
                        gx[b * op.in + k] = op.kind == SOFTMAX ? yb[k] * (gb[k] - sum) : gb[k] - std::exp(yb[k]) * sum;
                }
            }
        }
    }

    // The gradient of the inputs comes first: it needs the weights before their update.
    void backward(const Op &op, int32_t i, int64_t batch, int64_t step) {
        const T *x = values[i].data(), *gy = gradients[i + 1].data();
        if (i > 0) input_gradient(op, i, batch);
        std::fill(sum.begin(), sum.begin() + op.out, T(0));
        for (int64_t b = 0; b < batch; b++) add(sum.data(), gy + b * op.out, T(1), op.out);
        T *g = gradient.data();
        for (int32_t j = 0; j < op.in; j++) {
            std::fill(g, g + op.out, T(0));
            if (i == 0) {
                if (zero != 0) add(g, sum.data(), zero, op.out);
                for (int32_t e = start[j]; e < start[j + 1]; e++) add(g, gy + row[e] * op.out, entry[e], op.out);
            } else {
                add(g, gy, op.out, x + j, op.in, batch, op.out);
            }
            update(op.weight + int64_t(j) * op.out, g, op.out, step);
        }
        if (op.bias >= 0) update(op.bias, sum.data(), op.out, step);
    }

    void input_gradient(const Op &op, int32_t i, int64_t batch) {
        const T *gy = gradients[i + 1].data();
        T *gx = gradients[i].data();
        for (int64_t from = 0; from < batch; from += 4)
            for (int32_t j = 0; j < op.in; j++) {
                const T *w = parameters + op.weight + int64_t(j) * op.out;
                const int64_t rows = std::min<int64_t>(4, batch - from);
                const T *a = gy + from * op.out, *b = a + (rows > 1) * op.out, *c = b + (rows > 2) * op.out,
                        *d = c + (rows > 3) * op.out;
                T sa = 0, sb = 0, sc = 0, sd = 0;
#pragma omp simd reduction(+ : sa, sb, sc, sd)
                for (int32_t k = 0; k < op.out; k++)
                    sa += w[k] * a[k], sb += w[k] * b[k], sc += w[k] * c[k], sd += w[k] * d[k];
                const T sums[4] = {sa, sb, sc, sd};
                for (int64_t r = 0; r < rows; r++) gx[(from + r) * op.in + j] = sums[r];
            }
    }

    // Formulas as in torch.optim; `step` counts from 1.
    void update(int64_t at, const T *__restrict g, int32_t n, int64_t step) {
        const double rate = run.rates[step - 1 - run.step], beta = run.momenta[step - 1 - run.step];
        T *__restrict w = parameters + at, *__restrict m = first + at, *__restrict v = second + at;
        const T decay = T(run.decay), eps = T(run.eps), lr = T(rate);
        if (run.optimizer == SGD) {
            const T momentum = T(beta), fresh = T(step == 1 ? 1 : 1 - run.dampening);
            for (int32_t k = 0; k < n; k++) {
                const T d = g[k] + decay * w[k];
                m[k] = momentum * m[k] + fresh * d;
                w[k] -= lr * (run.nesterov ? d + momentum * m[k] : beta != 0 ? m[k] : d);
            }
        } else if (run.optimizer == RMSPROP) {
            const T alpha = T(run.alpha), momentum = T(beta);
            for (int32_t k = 0; k < n; k++) {
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
            for (int32_t k = 0; k < n; k++) {
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
        for (int64_t from = 0; from < run.used; from += run.batch) {
            const int64_t batch = std::min(run.batch, run.used - from);
            if (run.drop_last && batch < run.batch) break;
            const int64_t *chosen = run.order + from;
            load(chosen, batch);
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
double epoch_float(const Op *ops, int32_t count, float *parameters, float *first, float *second, const Run *run) {
    return Trainer<float>(ops, count, parameters, first, second, *run).epoch();
}
double epoch_double(const Op *ops, int32_t count, double *parameters, double *first, double *second, const Run *run) {
    return Trainer<double>(ops, count, parameters, first, second, *run).epoch();
}
}
