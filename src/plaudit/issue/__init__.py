"""Issuing: from a credential as a mapping to signed bytes, refusing whatever a good verifier would refuse.

`faults` says what is refused, `signing` signs one credential, `template` the many that are alike. Only the two pinned
contexts of `documents.ISSUED` are used; a status list uses the first alone.
"""

from plaudit.issue.signing import issue, issue_jwt
from plaudit.issue.template import Template

__all__ = ["Template", "issue", "issue_jwt"]
