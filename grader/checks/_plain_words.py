"""Words beside an accuracy that leave it what it is: the network's on the test set."""

# In the languages in which an accuracy is read. Any other word may make it something else: pruned, noisy, adversarial.
_WORDS = """
accuracy accuracies acc accs score correct correctly classified classification predicted prediction
predictions right percent percentage rate performance metric metrics value result results report reported
summary evaluation eval evaluate test testing tests testset testdata te held out unseen set data dataset
loader dl images image samples examples digits digit mnist fashion kmnist cifar x y torch tensor item network
net neural nn model models cnn mlp convnet lenet classifier our my the a an this that its it we i final
finally last end overall total all whole full average avg mean best max maximum highest peak top is was are
were of on over for in at to by with and from after using under has have had get got gets reach reached
reaches achieve achieved achieves obtain obtained obtains train trained training epoch epochs ep seed random
number hidden layer layers unit units dropout p lr size n info root print loss testgenauigkeit genauigkeit
trefferquote auf den dem der die das des testdaten testmenge testbilder ist netz netzes netzwerk netzwerks
modell modells und für mit nach epochen précision exactitude sur le la les du de jeu d en est réseau modèle
exactitud precisión el los conjunto prueba red modelo es acurácia acuracia teste no na rede accuratezza sul il
rete modello nauwkeurigheid op table
"""
PLAIN_WORDS = frozenset(_WORDS.split())
