"""What a conformance run does to a backend, one workload a file. They act and record; `checkers` judge.

Order matters: a workload that only a healthy backend survives runs late, and the trials of bad
messages run first, while nobody comes or goes whom the backend might announce to others.
"""
