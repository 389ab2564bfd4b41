import { readReference } from '../../images/reference.ts'
import { upstream } from '../../mirrors/upstream.ts'
import { digestsOfArchive } from '../../net/archive-digests.ts'
import type { Http } from '../../net/http.ts'
import { resolveImage, verified } from '../../net/image-pull.ts'
import type { Registry } from '../../net/registry-client.ts'
import type { Fetch } from '../../net/request.ts'
import { imageOfBinary } from '../../releases/alternates.ts'
import type { ArtifactName } from '../../releases/artifacts.ts'
import { type Claim, claimOf } from '../../releases/evidence.ts'
import { TARBALLS } from '../../releases/published.ts'
import { changelogPath, memberOf, readChangelog, serverTarball } from '../../releases/server-tarball.ts'
import type { Intent } from '../../run/session.ts'
import { placesOf, repositoryOf } from './images.ts'

const BINARIES = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'kubelet', 'kubectl'] as const

/** Whom to ask, and about what. */
export type Asking = Readonly<{ intent: Intent; http: Http; ask: Fetch; registry: Registry; signal: AbortSignal }>

/** Claims about the binaries of a release, by their names. */
type Claims = ReadonlyMap<string, readonly Claim[]>

const NO_CLAIMS: Claims = new Map()

const everywhere = ({ intent: { cluster } }: Asking, path: string): readonly string[] =>
  [...new Set([...cluster.sources.files(path), upstream.file(path)])].flatMap((url) => url ?? [])

/** What is said of a tarball's SHA-512: shipped out of the checksum database, else by the CHANGELOG as each place has it. */
const sha512sOf = async (asking: Asking, tarball: string): Promise<readonly Readonly<{ url: string; digest: string }>[]> => {
  const shipped = TARBALLS.get(tarball)
  if (shipped) return [{ url: 'https://sum.golang.org/', digest: shipped.digest }]
  const { release } = asking.intent.cluster
  const said: { url: string; digest: string }[] = []
  for (const url of everywhere(asking, changelogPath(release.kubernetes))) {
    const text = await asking.http.text(url)
    const digest = text === undefined ? undefined : readChangelog(text, tarball)
    if (digest !== undefined) said.push({ url, digest })
  }
  return said
}

/** The binaries in a server tarball whose SHA-512 is known: two witnesses, who delivered it and who says what it must be. */
const tarballClaims = async (asking: Asking, arch: string): Promise<Claims> => {
  const tarball = serverTarball(asking.intent.cluster.release.kubernetes, arch)
  const said = await sha512sOf(asking, tarball)
  if (said.length === 0) return NO_CLAIMS
  for (const url of everywhere(asking, tarball)) {
    try {
      const response = await asking.ask(url, { signal: asking.signal })
      if (!response.ok || !response.body) continue
      const { sha512, members } = await digestsOfArchive(response.body, new Set(BINARIES.map(memberOf)))
      const agreed = said.filter(({ digest }) => digest === sha512)
      if (agreed.length === 0) continue
      const claims = (digest: string): Claim[] => [
        claimOf(url, digest, 'server tarball'),
        ...agreed.map((one) => claimOf(one.url, digest, "the tarball's sha512")),
      ]
      return new Map(
        BINARIES.flatMap((name) => [members.get(memberOf(name))].flatMap((digest) => (digest ? [[name, claims(digest)] as const] : []))),
      )
    } catch (error) {
      asking.signal.throwIfAborted()
      if (!(error instanceof Error)) throw error
    }
  }
  return NO_CLAIMS
}

/** The binary as an image of some place has it. A place whose image is none, or is cut off, says nothing. */
const binaryIn = async (
  asking: Asking,
  base: string,
  what: Readonly<{ tag: string; member: string }>,
  arch: string,
): Promise<string | undefined> => {
  try {
    const picture = await resolveImage(asking.registry, [repositoryOf(base)], { reference: what.tag, pin: undefined, arches: [arch] })
    for (const layer of picture.blobs.slice(1).toReversed()) {
      const content = verified(asking.registry.blob(picture.from, layer.digest), layer)
      const digest = (await digestsOfArchive(content, new Set([what.member]))).members.get(what.member)
      if (digest !== undefined) return digest
    }
  } catch (error) {
    asking.signal.throwIfAborted()
    if (!(error instanceof Error)) throw error
  }
  return undefined
}

/** The same binary out of the images of every place: equal bytes at two operators are two witnesses. */
const imageClaims = async (asking: Asking, name: ArtifactName, arch: string): Promise<readonly Claim[]> => {
  const found = imageOfBinary(name, asking.intent.cluster.release)
  const member = found && Object.keys(found.members).find((path) => path.endsWith(`/${name}`))
  const tag = found && readReference(found.ref)?.tag
  if (!found || !member || !tag) return []
  const claims: Claim[] = []
  for (const { carrier } of placesOf(found.ref, asking.intent))
    for (const base of carrier.bases) {
      const digest = await binaryIn(asking, base, { tag, member }, arch)
      if (digest === undefined) continue
      claims.push(claimOf(base, digest, 'the binary in the image'))
      break
    }
  return claims
}

/** More witnesses for a binary than its own file: the server tarball, which is read once an architecture, and images. */
export const witnessesOf = (asking: Asking) => {
  const tarballs = new Map<string, Promise<Claims>>()
  return (name: ArtifactName, arch: string): readonly (() => Promise<readonly Claim[]>)[] => {
    if (!(BINARIES as readonly string[]).includes(name)) return []
    const tarball = async (): Promise<readonly Claim[]> => {
      const read = tarballs.get(arch) ?? tarballClaims(asking, arch)
      tarballs.set(arch, read)
      return (await read).get(name) ?? []
    }
    return [() => imageClaims(asking, name, arch), tarball]
  }
}
