import { aptFrom } from './apt.ts'
import type { Mirror } from './types.ts'

// Source: mirrors.md §2 (pkgs.k8s.io, download.docker.com) and the sources stock Debian and Ubuntu images come with.
const apt = aptFrom({
  debian: 'http://deb.debian.org/debian',
  debianSecurity: 'http://security.debian.org/debian-security',
  ubuntu: 'http://archive.ubuntu.com/ubuntu/',
  ubuntuSecurity: 'http://security.ubuntu.com/ubuntu/',
  ports: 'http://ports.ubuntu.com/ubuntu-ports/',
  portsSecurity: 'http://ports.ubuntu.com/ubuntu-ports/',
  kubernetes: 'https://pkgs.k8s.io/core:/stable:',
  docker: 'https://download.docker.com/linux',
})

/** The projects themselves: every name stays what it is. */
export const upstream: Mirror = {
  name: 'upstream',
  file: (path) => `https://${path}`,
  apt,
  image: (ref) => ref,
  // docker.io is served by registry-1.docker.io: containerd docs/hosts.md.
  endpoint: (registry) => ({ url: `https://${registry === 'docker.io' ? 'registry-1.docker.io' : registry}`, overridePath: false }),
}
