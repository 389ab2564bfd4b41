import { cidr, nth } from '../config/cidr.ts'
import type { Context } from './types.ts'

/** The address of the service `kubernetes`: the first of the range. */
export const apiServiceIp = ({ config }: Context): string => nth(cidr(config.network.service_cidr), 1) ?? ''

/** The address of the cluster's DNS: the tenth of the range, as kubeadm has it. */
export const dnsServiceIp = ({ config }: Context): string => nth(cidr(config.network.service_cidr), 10) ?? ''
