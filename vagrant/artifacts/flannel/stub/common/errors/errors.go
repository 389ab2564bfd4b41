// Package errors holds the SDK's error type.
package errors

// TencentCloudSDKError is the SDK's error.
type TencentCloudSDKError struct{ Message string }

func (e *TencentCloudSDKError) Error() string { return e.Message }
