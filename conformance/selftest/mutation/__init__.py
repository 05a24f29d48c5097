"""Mutation testing: does a test notice when the oracle is miswritten in one place?"""
