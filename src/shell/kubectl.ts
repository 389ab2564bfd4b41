/** `k`: kubectl as administrator on a control plane, in sh, for requests that take seconds. */
export const KUBECTL = 'k() { timeout 30 kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=20s "$@"; }'
