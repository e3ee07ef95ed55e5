# TF 2.4-2.15: attention in blocks, a schedule of one's own, two networks in one train_step, a penalty on gradients
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers


class TransformerBlock(layers.Layer):
    def __init__(self, embed_dim, num_heads, ff_dim, rate=0.1):
        super(TransformerBlock, self).__init__()
        self.att = layers.MultiHeadAttention(num_heads=num_heads, key_dim=embed_dim)
        self.ffn = keras.Sequential([layers.Dense(ff_dim, activation='relu'), layers.Dense(embed_dim)])
        self.layernorm1 = layers.LayerNormalization(epsilon=1e-6)
        self.layernorm2 = layers.LayerNormalization(epsilon=1e-6)
        self.dropout1 = layers.Dropout(rate)
        self.dropout2 = layers.Dropout(rate)

    def call(self, inputs, training):
        attn_output = self.dropout1(self.att(inputs, inputs), training=training)
        out1 = self.layernorm1(inputs + attn_output)
        ffn_output = self.dropout2(self.ffn(out1), training=training)
        return self.layernorm2(out1 + ffn_output)


class TokenAndPositionEmbedding(layers.Layer):
    def __init__(self, maxlen, vocab_size, embed_dim):
        super(TokenAndPositionEmbedding, self).__init__()
        self.token_emb = layers.Embedding(input_dim=vocab_size, output_dim=embed_dim)
        self.pos_emb = layers.Embedding(input_dim=maxlen, output_dim=embed_dim)

    def call(self, x):
        maxlen = tf.shape(x)[-1]
        positions = self.pos_emb(tf.range(start=0, limit=maxlen, delta=1))
        return self.token_emb(x) + positions


class CustomSchedule(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, d_model, warmup_steps=20):
        super(CustomSchedule, self).__init__()
        self.d_model = tf.cast(d_model, tf.float32)
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        step = tf.cast(step, tf.float32)
        return tf.math.rsqrt(self.d_model) * tf.math.minimum(tf.math.rsqrt(step + 1.), (step + 1.) * self.warmup_steps ** -1.5)


(x_train, y_train), (x_val, y_val) = keras.datasets.imdb.load_data(num_words=200)
x_train = keras.preprocessing.sequence.pad_sequences(x_train, maxlen=24)
x_val = keras.preprocessing.sequence.pad_sequences(x_val, maxlen=24)
inputs = layers.Input(shape=(24,))
x = TokenAndPositionEmbedding(24, 200, 8)(inputs)
x = TransformerBlock(8, 2, 8)(x)
x = layers.GlobalAveragePooling1D()(x)
x = layers.Dropout(0.1)(x)
outputs = layers.Dense(2, activation='softmax')(x)
model = keras.Model(inputs=inputs, outputs=outputs)
model.compile(optimizer=keras.optimizers.Adam(CustomSchedule(8), beta_1=0.9, beta_2=0.98, epsilon=1e-9),
              loss='sparse_categorical_crossentropy', metrics=['accuracy'])
history = model.fit(x_train, y_train, batch_size=20, epochs=4, validation_data=(x_val, y_val), verbose=0)
assert history.history['val_accuracy'][-1] > 0.75, history.history
look_ahead = 1 - tf.linalg.band_part(tf.ones((3, 3)), -1, 0)
assert tf.reduce_sum(look_ahead).numpy() == 3


class GAN(keras.Model):
    def __init__(self, discriminator, generator, latent_dim):
        super().__init__()
        self.discriminator, self.generator, self.latent_dim = discriminator, generator, latent_dim

    def compile(self, d_optimizer, g_optimizer, loss_fn):
        super().compile()
        self.d_optimizer, self.g_optimizer, self.loss_fn = d_optimizer, g_optimizer, loss_fn
        self.d_loss_metric = keras.metrics.Mean(name='d_loss')

    @property
    def metrics(self):
        return [self.d_loss_metric]

    def train_step(self, real):
        batch_size = tf.shape(real)[0]
        fake = self.generator(tf.random.normal(shape=(batch_size, self.latent_dim)))
        labels = tf.concat([tf.ones((batch_size, 1)), tf.zeros((batch_size, 1))], axis=0)
        labels += 0.05 * tf.random.uniform(tf.shape(labels))
        with tf.GradientTape() as tape:
            predictions = self.discriminator(tf.concat([fake, real], axis=0))
            d_loss = self.loss_fn(labels, predictions)
        grads = tape.gradient(d_loss, self.discriminator.trainable_weights)
        self.d_optimizer.apply_gradients(zip(grads, self.discriminator.trainable_weights))
        with tf.GradientTape() as tape:
            predictions = self.discriminator(self.generator(tf.random.normal(shape=(batch_size, self.latent_dim))))
            g_loss = self.loss_fn(tf.zeros((batch_size, 1)), predictions)
        grads = tape.gradient(g_loss, self.generator.trainable_weights)
        self.g_optimizer.apply_gradients(zip(grads, self.generator.trainable_weights))
        self.d_loss_metric.update_state(d_loss)
        return {'d_loss': self.d_loss_metric.result(), 'g_loss': g_loss}


points = np.random.normal(3., 0.3, (200, 2)).astype('float32')
gan = GAN(keras.Sequential([layers.Dense(8, activation='tanh', input_shape=(2,)), layers.Dense(1)]),
          keras.Sequential([layers.Dense(2, input_shape=(3,))]), latent_dim=3)
gan.compile(d_optimizer=keras.optimizers.Adam(0.01), g_optimizer=keras.optimizers.Adam(0.01),
            loss_fn=keras.losses.BinaryCrossentropy(from_logits=True))
kept = gan.generator.get_weights()[1].copy()
history = gan.fit(tf.data.Dataset.from_tensor_slices(points).shuffle(200).batch(20), epochs=3, verbose=0)
assert sorted(history.history) == ['d_loss', 'g_loss'] and len(history.history['g_loss']) == 3
assert gan.generator.get_weights()[1].mean() > kept.mean() + 0.02, 'the generator moves to where the points are'

critic = keras.Sequential([layers.Dense(4, activation='tanh', input_shape=(2,)), layers.Dense(1)])


def gradient_penalty(real, fake):
    alpha = tf.random.uniform([real.shape[0], 1], 0., 1.)
    interpolated = real * alpha + fake * (1 - alpha)
    with tf.GradientTape() as tape:
        tape.watch(interpolated)
        pred = critic(interpolated, training=True)
    grads = tape.gradient(pred, [interpolated])[0]
    return tf.reduce_mean((tf.sqrt(tf.reduce_sum(tf.square(grads), axis=[1])) - 1.) ** 2)


optimizer = keras.optimizers.Adam(0.05)


@tf.function
def critic_step(real, fake):
    with tf.GradientTape() as tape:
        penalty = gradient_penalty(real, fake)
    optimizer.apply_gradients(zip(tape.gradient(penalty, critic.trainable_weights[:3]), critic.trainable_weights[:3]))
    return penalty


penalties = [float(critic_step(tf.constant(points[:20]), tf.zeros((20, 2)))) for _ in range(15)]
assert penalties[-1] < penalties[0], penalties
print('ok')
