import { z } from 'zod'
import { REGISTRIES } from '../../images/registries.ts'
import { key } from './key.ts'
import { secretRef } from './values.ts'

/** A registry of the user's own. */
export const privateRegistry = z.strictObject({
  url: z
    .string()
    .min(1)
    .meta(key('live', 'Host, port and folder of the registry; https unless http:// is written', 'harbor.corp:8443/mirror')),
  user: z
    .string()
    .min(1)
    .optional()
    .meta(key('live', 'User for pulls', 'puller')),
  password: secretRef.optional().meta(key('live', 'Where its password is: env:NAME, file:PATH or cmd:COMMAND', 'env:HARBOR_PASSWORD')),
  ca_file: z
    .string()
    .min(1)
    .optional()
    .meta(key('live', "PEM file of the CA that signed the registry's certificate; the hosts get it", 'certs/harbor-ca.pem')),
  is_default: z
    .boolean()
    .default(false)
    .meta(key('restart', "Images of the public registries are taken from here first, and the cluster's own images are named by it")),
  layout: z
    .enum(['host', 'path', 'flat'])
    .default('host')
    .meta(
      key(
        'restart',
        'How it names its copies of docker.io/library/nginx: host (/docker.io/library/nginx), path (/library/nginx), flat (/nginx)',
      ),
    ),
  projects: z
    .partialRecord(z.enum(REGISTRIES), z.string().regex(/^[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)*$/))
    .optional()
    .meta(
      key('restart', 'The folder for each public registry, instead of layout: proxy-cache projects of Harbor and others', {
        'docker.io': 'dockerhub',
        'registry.k8s.io': 'k8s',
      }),
    ),
})
