// Package common stands for the names of the Tencent Cloud SDK that flannel's
// tencent-vpc back end uses. The SDK is not needed for vxlan or host-gw, the
// back ends that the lab runs; with this stub tencent-vpc answers an error.
package common

// StringPtr returns a pointer to v.
func StringPtr(v string) *string { return &v }

// BoolPtr returns a pointer to v.
func BoolPtr(v bool) *bool { return &v }

// StringPtrs returns pointers to all of vals.
func StringPtrs(vals []string) []*string {
	out := make([]*string, len(vals))
	for i := range vals {
		out[i] = &vals[i]
	}
	return out
}
