"""The calls, one file a group: plain classes without BentoML, which ``serving.service`` puts together."""
