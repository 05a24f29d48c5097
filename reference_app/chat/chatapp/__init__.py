"""The chat backend: everybody who is connected hears everything that anybody says.

`connect`, `disconnect` and `sendmessage` hold the Lambda handlers; everything else is what they are made of.
"""
