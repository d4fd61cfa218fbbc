"""The root certificate of the cluster, which every namespace has as a ConfigMap.

Models the object that containers find at ca.crt beside their token. The certificate itself is a placeholder: nothing
here is encrypted.

Upstream: https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/controller/certificates/rootcacertpublisher/publisher.go
"""

from __future__ import annotations

from typing import Final

ROOT_CA: Final = "kube-root-ca.crt"
"""The name of the ConfigMap, and of nothing else."""

ROOT_CA_KEY: Final = "ca.crt"

DESCRIBED_BY: Final = "kubernetes.io/description"

DESCRIPTION: Final = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the "
    "internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
    "clusters."
)

CERTIFICATE: Final = "-----BEGIN CERTIFICATE-----\na2NvcmU=\n-----END CERTIFICATE-----\n"
