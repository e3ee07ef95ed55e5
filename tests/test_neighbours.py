"""What old programs use of other libraries, and of Python 2, works although it is gone from these."""

import json
import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

ROWS = {}


def row(name, code):
    """Add a piece of an old program, with its checks."""
    ROWS[name] = textwrap.dedent(code).strip()


row(
    "types of NumPy",
    """
    import numpy as np
    assert np.zeros(2, np.float).dtype == 'float64' and np.zeros(2, np.int).dtype == np.asarray(1).dtype
    assert np.zeros(2, np.bool).dtype == bool and np.array(['a'], np.object).dtype == object
    assert np.zeros(1, np.float_).dtype == 'float64' and np.zeros(1, np.complex_).dtype == 'complex128'
    assert np.array([1], np.str).dtype.kind == 'U' and np.array(['a'], np.unicode).dtype.kind == 'U'
    assert np.issubdtype(np.zeros(1, np.long).dtype, np.integer) and np.unicode_ is np.str_
    assert np.isinf(np.Inf) and np.isnan(np.NaN) and np.isinf(np.infty) and np.NINF < 0
    from numpy import float as number
    """,
)
row(
    "functions of NumPy",
    """
    import numpy as np
    a = np.array([[3, 1], [2, 5]])
    assert np.product(a) == 30 and np.cumproduct([1, 2, 3]).tolist() == [1, 2, 6]
    assert np.sometrue([0, 1]) and not np.alltrue([0, 1])
    assert np.in1d([[1, 2], [3, 4]], [2, 3]).tolist() == [False, True, True, False]
    assert np.row_stack(([1, 2], [3, 4])).tolist() == [[1, 2], [3, 4]]
    assert np.trapz([1., 2., 3.]) == 4 and np.asscalar(np.array([7])) == 7
    assert np.msort(a).tolist() == [[2, 1], [3, 5]]
    found = np.random.random_integers(1, 3, size=200)
    assert set(found) == {1, 2, 3} and np.lib.pad([1], 1, 'constant').tolist() == [0, 1, 0]
    assert np.sum(a) == 11 and not hasattr(np, 'nothing_of_the_kind')
    """,
)
row(
    "scipy.misc",
    """
    import numpy as np
    from scipy.misc import imread, imsave, imresize, logsumexp, factorial, comb
    import scipy.misc
    picture = np.arange(4 * 6 * 3, dtype='uint8').reshape(4, 6, 3)
    imsave('a.png', picture)
    assert np.array_equal(imread('a.png'), picture)
    grey = imread('a.png', flatten=True)
    assert grey.shape == (4, 6) and grey.dtype == 'float32'
    assert scipy.misc.imresize(picture, (8, 3)).shape == (8, 3, 3) and imresize(picture, 0.5).shape == (2, 3, 3)
    assert imresize(picture, 200, interp='nearest').shape == (8, 12, 3)
    assert imresize(np.array([[0., 1.]]), (1, 2)).tolist() == [[0, 255]]  # numbers are spread over those of a byte
    scipy.misc.toimage(picture[..., 0], cmin=0, cmax=255).save('b.png')
    assert np.array_equal(imread('b.png'), picture[..., 0])
    assert factorial(4) == 24 and comb(4, 2) == 6 and abs(logsumexp([0., 0.]) - np.log(2)) < 1e-12
    """,
)
row(
    "sklearn.cross_validation",
    """
    import numpy as np
    from sklearn.cross_validation import train_test_split, StratifiedKFold, KFold, cross_val_score, ShuffleSplit
    from sklearn import cross_validation
    y = np.array([0, 0, 0, 1, 1, 1])
    parts = StratifiedKFold(y, n_folds=3, shuffle=True, random_state=1)
    assert len(parts) == 3
    for train, test in parts:
        assert sorted(y[test]) == [0, 1] and len(train) == 4
    assert [test.tolist() for _, test in KFold(6, n_folds=3)] == [[0, 1], [2, 3], [4, 5]]
    assert [len(test) for _, test in ShuffleSplit(10, n_iter=2, test_size=0.3)] == [3, 3]
    a, b = cross_validation.train_test_split(np.arange(10), test_size=0.2, random_state=0)
    assert len(a) == 8 and len(b) == 2
    from sklearn.linear_model import LogisticRegression
    x = np.c_[y, y]
    assert cross_val_score(LogisticRegression(), x, y, cv=StratifiedKFold(y, 3)).tolist() == [1, 1, 1]
    """,
)
row(
    "sklearn.grid_search, learning_curve, externals, datasets.samples_generator",
    """
    from sklearn.grid_search import GridSearchCV, ParameterGrid
    from sklearn.learning_curve import learning_curve
    from sklearn.externals import joblib
    from sklearn.externals import six
    import sklearn.externals.joblib
    from sklearn.datasets.samples_generator import make_blobs
    import sklearn.model_selection
    assert GridSearchCV is sklearn.model_selection.GridSearchCV and len(list(ParameterGrid({'a': [1, 2]}))) == 2
    joblib.dump([1, 2], 'm.pkl')
    assert joblib.load('m.pkl') == [1, 2] and list(six.iteritems({1: 2})) == [(1, 2)]
    assert make_blobs(n_samples=4)[0].shape == (4, 2)
    """,
)
row(
    "Imputer",
    """
    import numpy as np
    from sklearn.preprocessing import Imputer, StandardScaler
    found = Imputer(missing_values='NaN', strategy='mean', axis=0).fit_transform([[1., np.nan], [3., 4.]])
    assert found.tolist() == [[1, 4], [3, 4]]
    """,
)
row(
    "load_boston",
    """
    from sklearn.datasets import load_boston, load_iris
    boston = load_boston()
    assert boston.data.shape == (506, 13) and boston.target.tolist() == list(range(506))  # in the file's order
    assert boston.feature_names[5] == 'RM' and load_boston(return_X_y=True)[1][3] == 3
    """,
)
row(
    "fetch_mldata",
    """
    from sklearn.datasets import fetch_mldata
    mnist = fetch_mldata('MNIST original', data_home='.')
    assert mnist.data.shape == (14, 784) and mnist.target.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 1, 1]
    assert mnist.data[0, 0] == 0 and mnist.data[9, 0] == 9
    """,
)
row(
    "six.moves without six",
    """
    from six.moves import range, zip, xrange, cPickle, urllib, input, reduce, queue, map
    from six.moves.urllib.request import urlretrieve
    from six.moves.urllib.parse import urlparse
    from six.moves import cPickle as pickle
    import six
    assert list(xrange(2)) == [0, 1] and reduce(lambda a, b: a + b, [1, 2]) == 3
    assert pickle.loads(pickle.dumps([1])) == [1] and urllib.request.urlretrieve is urlretrieve
    assert isinstance('a', six.string_types) and six.PY3 and urlparse('http://a/b').path == '/b'
    """,
)
row(
    "modules of Python 2",
    """
    import cPickle, cStringIO, StringIO, urllib2, urllib, Queue, ConfigParser, itertools, string, sys, time
    import cPickle as pickle
    from cStringIO import StringIO as Text
    from itertools import izip
    from urllib import urlretrieve, urlencode
    from collections import Mapping, OrderedDict
    assert cPickle.loads(b"S'\\\\xe9'\\n.") == '\\xe9'  # a text of Python 2
    with open('a.pkl', 'wb') as f:
        cPickle.dump({'a': 1}, f, protocol=cPickle.HIGHEST_PROTOCOL)
    assert pickle.load(open('a.pkl', 'rb')) == {'a': 1}
    assert StringIO.StringIO('a').read() == Text('a').read() == 'a'
    assert urlencode({'a': 1}) == 'a=1' and urllib2.quote('a b') == 'a%20b' and callable(urllib2.urlopen)
    assert Queue.Queue().empty() and ConfigParser.ConfigParser().sections() == []
    assert list(izip([1], [2])) == [(1, 2)] and string.letters[0] == 'a' and sys.maxint > 2 ** 60
    assert time.clock() <= time.clock() and isinstance({}, Mapping)
    import urllib.request
    assert urllib.request.urlretrieve is urlretrieve
    """,
)
row(
    "builtins of Python 2",
    """
    assert list(xrange(3)) == [0, 1, 2] and unicode('a') == 'a' and unichr(97) == 'a' and long(3) == 3
    assert reduce(lambda a, b: a * b, [2, 3]) == 6 and isinstance('a', basestring) and cmp(1, 2) == -1
    assert callable(raw_input) and callable(reload)
    open('b.py', 'w').write('brought = 5')
    execfile('b.py')
    assert brought == 5
    """,
)
row(
    "matplotlib",
    """
    import matplotlib.pyplot as plt
    plt.plot([1, 2])
    plt.hold(True)
    plt.close()
    """,
)
row(
    "pandas",
    """
    import numpy as np, pandas as pd
    df = pd.DataFrame({'a': [1, 2, 3], 'b': [4., 5., 6.]})
    assert df.as_matrix().tolist() == df.values.tolist() and df['a'].as_matrix().tolist() == [1, 2, 3]
    more = df.append({'a': 9, 'b': 9.}, ignore_index=True)
    assert more.shape == (4, 2) and df.append(df).index.tolist() == [0, 1, 2, 0, 1, 2]
    assert df.ix[1, 'b'] == 5 and df.ix[:, 0].tolist() == [1, 2, 3] and df.ix[0:1].shape == (2, 2)
    assert df.ix[:, 0:1].values.tolist() == [[1], [2], [3]] and df.ix[:, ['b']].shape == (3, 1)
    assert df.ix[df.a > 1, 'b'].tolist() == [5, 6]
    named = df.set_index(pd.Index(['x', 'y', 'z']))
    assert named.ix['y', 'a'] == 2 and named.ix[0, 'a'] == 1 and named.ix[1:].shape == (2, 2)
    df.ix[0, 'a'] = 7
    assert df.a[0] == 7 and dict(df.iteritems())['b'][2] == 6
    assert pd.to_datetime('2020-01-02').year == 2020
    try:
        pd.Panel(np.zeros((1, 1, 1)))
    except NotImplementedError as error:
        assert 'MultiIndex' in str(error)
    else:
        raise AssertionError
    """,
)

DRIVER = """
import json, sys, traceback
from tsuno.legacy import neighbours
before = set(sys.modules)
neighbours.add()
brought = {name.partition(".")[0] for name in set(sys.modules) - before}
assert not brought & {"scipy", "sklearn", "pandas", "matplotlib", "PIL", "six", "joblib"}, brought
found = {}
for name, code in json.load(sys.stdin).items():
    try:
        exec(compile(code, "prog.py", "exec"), {"__name__": "__main__"})
        found[name] = None
    except BaseException:
        found[name] = traceback.format_exc()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What came of each row; all run in one process."""
    folder = tmp_path_factory.mktemp("neighbours")
    np.savez(folder / "boston_housing.npz", x=np.ones((506, 13)), y=np.arange(506.0))
    digits, later = np.arange(9, -1, -1), np.array([1, 0, 1, 0])
    pictures = [np.ones((len(each), 28, 28), "uint8") * each[:, None, None].astype("uint8") for each in (digits, later)]
    np.savez(folder / "mnist.npz", x_train=pictures[0], y_train=digits, x_test=pictures[1], y_test=later)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("KERAS_", "TSUNO_"))}
    around = {**kept, "TSUNO_DATASETS": str(folder), "KERAS_HOME": str(folder), "MPLBACKEND": "Agg"}
    done = subprocess.run(
        [sys.executable, "-c", DRIVER], input=json.dumps(ROWS), env=around, cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ROWS)
def test_what_is_gone_works(name, results):
    assert results[name] is None, f"{ROWS[name]}\n{results[name]}"


@pytest.mark.parametrize(
    "line", ['print "Hello"', "print 'a', 1", "raise ValueError, 'no'", "exec 'x = 1'", "if 1 <> 2: pass", "x = 0777"]
)
def test_python_2_is_called_that(line, tmp_path):
    from tsuno.legacy.running import _check_language

    program = tmp_path / "old.py"
    program.write_text(f"import keras\n{line}\n")
    with pytest.raises(
        SyntaxError, match=r"^old.py, line 2, is Python 2: .* `pip install fissix`, then `python -m fissix"
    ):
        _check_language(program)
    program.write_text("print('a')\nx = (\n")
    with pytest.raises(SyntaxError, match="never closed|EOF"):
        _check_language(program)
