import type { Context } from './types.ts'

export const controlPlanes = ({ members }: Context) => members.filter(({ roles }) => roles.controlPlane)
export const etcdMembers = ({ members }: Context) => members.filter(({ roles }) => roles.etcd)
