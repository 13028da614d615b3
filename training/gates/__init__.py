"""What a challenger has to pass before it may serve.

Both bundles judge the same events, on the features that were served: later than all that either of
them learnt from, and old enough for their labels to be trusted. Each gate says passed, not passed,
or that there is too little to say; the last is no pass. What may differ by how much stands in
``mlflow.yaml``.
"""
