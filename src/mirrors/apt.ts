import type { AptRepo, AptSource, Os } from './types.ts'

/** Where each archive begins at a provider; an archive it does not carry is left out. `kubernetes` ends before the minor. */
export type Archives = Readonly<
  Partial<Record<'debian' | 'debianSecurity' | 'ubuntu' | 'ubuntuSecurity' | 'ports' | 'portsSecurity' | 'kubernetes' | 'docker', string>>
>

const CODENAMES: Readonly<Record<Os['id'], readonly string[]>> = { debian: ['bookworm', 'trixie'], ubuntu: ['jammy', 'noble', 'resolute'] }
const COMPONENTS: Readonly<Record<Os['id'], readonly string[]>> = {
  debian: ['main', 'contrib', 'non-free', 'non-free-firmware'],
  ubuntu: ['main', 'restricted', 'universe', 'multiverse'],
}
const POCKETS: Readonly<Record<Os['id'], readonly string[]>> = { debian: ['', '-updates'], ubuntu: ['', '-updates', '-backports'] }

const baseUri = (a: Archives, os: Os) => (os.id === 'debian' ? a.debian : os.arch === 'amd64' ? a.ubuntu : a.ports)
const securityUri = (a: Archives, os: Os) =>
  os.id === 'debian' ? a.debianSecurity : os.arch === 'amd64' ? a.ubuntuSecurity : a.portsSecurity

const source = (uri: string | undefined, suites: readonly string[], components: readonly string[]): AptSource | undefined =>
  uri === undefined ? undefined : { uri, suites, components }

/** The archive a provider has for a repository and a host, from its table of URLs; suites and components: mirrors.md §2. Undefined for releases we do not know. */
export const aptFrom =
  (archives: Archives) =>
  (repo: AptRepo, os: Os): AptSource | undefined => {
    if (!CODENAMES[os.id]?.includes(os.codename)) return undefined
    switch (repo.kind) {
      case 'base':
        return source(
          baseUri(archives, os),
          POCKETS[os.id].map((pocket) => os.codename + pocket),
          COMPONENTS[os.id],
        )
      case 'security':
        return source(securityUri(archives, os), [`${os.codename}-security`], COMPONENTS[os.id])
      case 'kubernetes':
        return source(archives.kubernetes && `${archives.kubernetes}/${repo.minor}/deb/`, ['/'], [])
      case 'docker':
        return source(archives.docker && `${archives.docker}/${os.id}`, [os.codename], ['stable'])
    }
  }

/** The table of a mirror that keeps every archive under one host in the usual directories. */
export const archivesUnder = (root: string, kubernetes: string): Archives => ({
  debian: `${root}/debian`,
  debianSecurity: `${root}/debian-security`,
  ubuntu: `${root}/ubuntu`,
  ubuntuSecurity: `${root}/ubuntu`,
  ports: `${root}/ubuntu-ports`,
  portsSecurity: `${root}/ubuntu-ports`,
  kubernetes: `${root}/${kubernetes}`,
  docker: `${root}/docker-ce/linux`,
})

/** What a provider answers where it carries nothing. */
export const nothing = (): undefined => undefined
