"""The interfaces that operations use, by family: nouns of the domain, with only the calls that are made.

Each port has a Protocol of whatever provides it (`HasJournal`), so an operation names the ports that it uses and gets
no others. In its bases, the Protocols of other operations come first, because Python requires a consistent order of
bases.
"""
