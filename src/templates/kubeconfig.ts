import { stringify } from 'yaml'
import { yaml } from './yaml.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const kubeconfig = (server: string, cluster: Record<string, string>, name: string, user: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'kubernetes', cluster: { ...cluster, server } }],
  users: [{ name, user }],
  contexts: [{ name: 'default', context: { cluster: 'kubernetes', user: name } }],
  'current-context': 'default',
})

/** A kubeconfig that names certificate, key and CA by path: client-go reads them again when they are replaced. */
export const pathKubeconfig = (options: { server: string; user: string; authority: string; certificate: string; key: string }): string =>
  yaml(
    kubeconfig(options.server, { 'certificate-authority': options.authority }, options.user, {
      'client-certificate': options.certificate,
      'client-key': options.key,
    }),
  )

/** A kubeconfig that holds everything itself, to be carried away. All parts are PEM. */
export const embeddedKubeconfig = (options: {
  server: string
  user: string
  authority: string
  certificate: string
  key: string
}): string =>
  stringify(
    kubeconfig(options.server, { 'certificate-authority-data': base64(options.authority) }, options.user, {
      'client-certificate-data': base64(options.certificate),
      'client-key-data': base64(options.key),
    }),
  )
