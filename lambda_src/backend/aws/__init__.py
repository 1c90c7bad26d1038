"""The little of AWS's SDK that the function needs, on the standard library alone: importing botocore takes longer than
all the rest of a cold start. botocore is the reference in its tests.
"""
