"""Looking over a template: findings first, by rules and where there is one by a language model; scores computed last.

Pure: takes what a template holds, gives findings and scores. The job is ``reviewing``, what people do is ``reviews``.
"""
