"""What the webhook and the controller agree on: model, rules, defaults, configuration, CRDs.

Everything here is pure: no network, no clock, no environment.
"""

from typing import Final

GROUP: Final = "flink.apache.org"
VERSION: Final = "v1beta1"
API_VERSION: Final = "flink.apache.org/v1beta1"
