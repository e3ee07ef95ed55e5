"""The page that `tsuno.inspect` opens: a model as a graph, and what each layer makes of an input.

A session (`session`) holds the model and what it computes (`looks`), the inputs (`examples`, `entries`) and the
training in progress (`callback`). Routes (`routes`) answer what the page asks; a guard (`guard`) stands before them.
The page itself is in `page/`: plain modules, which the browser reads as they are.
"""
