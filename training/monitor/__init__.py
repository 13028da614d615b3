"""What a monitor sees: whether what comes is still what the model learnt from.

`windows` chooses what the last days are held against, so that a festival is no drift; `moved`
compares features and scores with Evidently; `signs` looks for another mode of fraud in what it
leaves behind; `labelling` watches how many labels say fraud and how late they come; `missed` tests
week by week whether more fraud gets past the model; `served` reads what was answered live, and
whether the features were those of the batch. Each tells `gates`; `run` asks all of them, says in
a `report` how far the model is to be trusted, and writes it down for people and machines.
"""
