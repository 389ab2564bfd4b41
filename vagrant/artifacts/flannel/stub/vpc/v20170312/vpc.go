// Package v20170312 has the shapes that flannel's tencent-vpc back end names.
// Every call fails: this build has no Tencent Cloud back end.
package v20170312

import "errors"

var errAbsent = errors.New("this flanneld was built without the Tencent Cloud SDK")

type (
	// Client makes no calls.
	Client struct{}
	// Filter is a search term.
	Filter struct {
		Name   *string
		Values []*string
	}
	// Route is one route.
	Route struct {
		RouteId              *uint64
		DestinationCidrBlock *string
		GatewayType          *string
		GatewayId            *string
		RouteType            *string
		Enabled              *bool
	}
	// RouteTable is a table of routes.
	RouteTable struct {
		RouteTableId *string
		RouteSet     []*Route
	}
	// DescribeRouteTablesRequest asks for tables.
	DescribeRouteTablesRequest struct{ Filters []*Filter }
	// DescribeRouteTablesResponse carries tables.
	DescribeRouteTablesResponse struct {
		Response struct{ RouteTableSet []*RouteTable }
	}
	// DeleteRoutesRequest names routes to delete.
	DeleteRoutesRequest struct {
		RouteTableId *string
		Routes       []*Route
	}
	// DeleteRoutesResponse is empty.
	DeleteRoutesResponse struct{}
	// CreateRoutesRequest names routes to create.
	CreateRoutesRequest struct {
		RouteTableId *string
		Routes       []*Route
	}
	// CreateRoutesResponse is empty.
	CreateRoutesResponse struct{}
)

// NewClientWithSecretId returns a client that makes no calls.
func NewClientWithSecretId(_, _, _ string) (*Client, error) { return &Client{}, nil }

// NewDescribeRouteTablesRequest returns an empty request.
func NewDescribeRouteTablesRequest() *DescribeRouteTablesRequest {
	return &DescribeRouteTablesRequest{}
}

// NewDeleteRoutesRequest returns an empty request.
func NewDeleteRoutesRequest() *DeleteRoutesRequest { return &DeleteRoutesRequest{} }

// NewCreateRoutesRequest returns an empty request.
func NewCreateRoutesRequest() *CreateRoutesRequest { return &CreateRoutesRequest{} }

// DescribeRouteTables always fails.
func (*Client) DescribeRouteTables(*DescribeRouteTablesRequest) (*DescribeRouteTablesResponse, error) {
	return nil, errAbsent
}

// DeleteRoutes always fails.
func (*Client) DeleteRoutes(*DeleteRoutesRequest) (*DeleteRoutesResponse, error) {
	return nil, errAbsent
}

// CreateRoutes always fails.
func (*Client) CreateRoutes(*CreateRoutesRequest) (*CreateRoutesResponse, error) {
	return nil, errAbsent
}
