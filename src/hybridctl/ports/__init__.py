"""What the operations need of the world, by family: nouns of the domain, and only the calls that are made.

Beside a port stands the Protocol of whoever has it: an operation names those that it uses, and gets no others. In its
bases, the Protocols of other operations come first: Python wants one order of bases throughout.
"""
