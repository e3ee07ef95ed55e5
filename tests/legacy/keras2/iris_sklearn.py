"""Flowers by KerasClassifier within scikit-learn: folds, a pipeline, a search."""
import numpy
from keras.models import Sequential
from keras.layers import Dense
from keras.wrappers.scikit_learn import KerasClassifier
from keras.utils import np_utils
from sklearn.datasets import load_iris
from sklearn.model_selection import cross_val_score
from sklearn.model_selection import GridSearchCV
from sklearn.model_selection import KFold
from sklearn.preprocessing import LabelEncoder, StandardScaler
from sklearn.pipeline import Pipeline

seed = 7
numpy.random.seed(seed)
X, y = load_iris(return_X_y=True)
X = X.astype(float)
Y = numpy.array(['setosa', 'versicolor', 'virginica'])[y]
encoder = LabelEncoder()
encoder.fit(Y)
encoded_Y = encoder.transform(Y)
dummy_y = np_utils.to_categorical(encoded_Y)


def baseline_model(optimizer='adam', init='glorot_uniform'):
    model = Sequential()
    model.add(Dense(12, input_dim=4, kernel_initializer=init, activation='relu'))
    model.add(Dense(3, kernel_initializer=init, activation='softmax'))
    model.compile(loss='categorical_crossentropy', optimizer=optimizer, metrics=['accuracy'])
    return model


estimator = KerasClassifier(build_fn=baseline_model, epochs=40, batch_size=5, verbose=0)
results = cross_val_score(estimator, X, dummy_y, cv=KFold(n_splits=2, shuffle=True, random_state=seed))
print('Baseline: %.2f%% (%.2f%%)' % (results.mean() * 100, results.std() * 100))
assert results.shape == (2,) and results.mean() > 0.75, results

estimators = [('standardize', StandardScaler()), ('mlp', KerasClassifier(build_fn=baseline_model, epochs=30, batch_size=10, verbose=0))]
pipeline = Pipeline(estimators)
pipeline.fit(X, encoded_Y)
assert (pipeline.predict(X) == encoded_Y).mean() > 0.75
assert pipeline.predict_proba(X).shape == (150, 3)

grid = GridSearchCV(estimator=KerasClassifier(build_fn=baseline_model, verbose=0),
                    param_grid=dict(optimizer=['rmsprop', 'adam'], epochs=[4], batch_size=[15]), cv=2)
grid_result = grid.fit(X, encoded_Y)
print('Best: %f using %s' % (grid_result.best_score_, grid_result.best_params_))
assert len(grid_result.cv_results_['mean_test_score']) == 2
assert set(grid_result.best_params_) == {'optimizer', 'epochs', 'batch_size'}
print('ok')
