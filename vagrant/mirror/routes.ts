// Who plays whom: the one table from a public name and path to what the lab has.

/** A file below a root, a registry path, or a file of Debian's archive. */
export type Target =
  | { readonly kind: 'file'; readonly root: 'files' | 'apt'; readonly path: string }
  | { readonly kind: 'registry'; readonly path: string }
  | { readonly kind: 'debian'; readonly path: string }

const FILE_HOSTS = new Set(['files.m.daocloud.io', 'kubekey.pek3b.qingstor.com'])
const APT_HOSTS = new Set(['mirrors.aliyun.com', 'mirrors.tuna.tsinghua.edu.cn', 'mirrors.ustc.edu.cn'])
const DEBIAN_HOSTS = new Set([...APT_HOSTS, 'deb.debian.org', 'security.debian.org'])

/** Registries that keep the source's path; the value is the source's domain. */
const DOMAINS: Readonly<Record<string, string>> = {
  'k8s.m.daocloud.io': 'registry.k8s.io/',
  'docker.m.daocloud.io': 'docker.io/',
  'ghcr.m.daocloud.io': 'ghcr.io/',
  'quay.m.daocloud.io': 'quay.io/',
  'gcr.m.daocloud.io': 'gcr.io/',
  'm.daocloud.io': '',
  'registry.cn-hangzhou.aliyuncs.com': 'registry.cn-hangzhou.aliyuncs.com/',
  'registry.aliyuncs.com': 'registry.cn-hangzhou.aliyuncs.com/',
}

/** Aliyun writes the Kubernetes repositories with slashes, the others as upstream does, with colons. */
const KUBERNETES_APT: Readonly<Record<string, RegExp>> = {
  'mirrors.aliyun.com': /^\/kubernetes-new\/core\/stable\/(v[0-9.]+\/deb\/.*)$/,
  'mirrors.tuna.tsinghua.edu.cn': /^\/kubernetes\/core:\/stable:\/(v[0-9.]+\/deb\/.*)$/,
  'mirrors.ustc.edu.cn': /^\/kubernetes\/core:\/stable:\/(v[0-9.]+\/deb\/.*)$/,
}

export function route(host: string, path: string): Target | undefined {
  if (path.split('/').includes('..')) return undefined
  const domain = DOMAINS[host]
  if (domain !== undefined) {
    const image = /^\/v2\/(.*)$/.exec(path)?.[1]
    if (image === undefined) return undefined
    return { kind: 'registry', path: image === '' ? '/v2/' : `/v2/${domain}${image}` }
  }
  if (FILE_HOSTS.has(host)) return { kind: 'file', root: 'files', path }
  const kubernetes = KUBERNETES_APT[host]?.exec(path)?.[1]
  if (kubernetes !== undefined) return { kind: 'file', root: 'apt', path: `/kubernetes/${kubernetes}` }
  if (APT_HOSTS.has(host) && path.startsWith('/docker-ce/')) return { kind: 'file', root: 'apt', path }
  if (DEBIAN_HOSTS.has(host) && /^\/debian(-security)?\//.test(path)) return { kind: 'debian', path }
  return undefined
}
