import { membersOf } from '../../cluster/members.ts'
import { wantedCertificates } from '../../engine/plan.ts'
import type { CertificateFact } from '../../hosts/facts.ts'
import { AUTHORITY_NAMES } from '../../resources/secrets.ts'
import { certificatePath } from '../../resources/certificate.ts'
import type { AuthorityName } from '../../cluster/secret-names.ts'
import { authoritiesOf } from '../../resources/generations.ts'
import { table } from '../../ui/table.ts'
import { exitOf, type Session, sayProblems } from '../../run/session.ts'
import type { Io, Options } from '../../run/types.ts'

type Row = Readonly<{
  host: string
  path: string
  name: string
  days: number
  expires: string
  authority: boolean
  /** The common name of the CA that signed it; "(unknown)" when it is none of the cluster's. */
  issuer: string
  /** Names that cluster.yml wants and the certificate lacks. */
  missing: readonly string[]
}>

const DAY = 86400

/** Every certificate in a file of a host: its own, and the CAs it carries. */
const certificatesOf = (fact: { certificate?: CertificateFact; authorities?: readonly CertificateFact[] }): CertificateFact[] => {
  const carried = (fact.authorities ?? []).filter(({ key }) => key !== fact.certificate?.key)
  return [...(fact.certificate ? [fact.certificate] : []), ...carried]
}

/** Every certificate of every host that answered, kubeconfigs included, the ones that end first on top. */
const certificateRows = ({ intent, world }: Pick<Session, 'intent' | 'world'>): Row[] => {
  const wanted = wantedCertificates(intent.cluster, intent.hosts, world)
  const names = new Map(
    (Object.keys(AUTHORITY_NAMES) as AuthorityName[]).flatMap((name) =>
      authoritiesOf(world, name).map(({ key, commonName }) => [key, commonName] as const),
    ),
  )
  const rowsOn = (key: string, nodeName: string): Row[] => {
    const facts = world[key]
    const wants = wanted.get(key) ?? []
    return Object.entries(facts?.paths ?? {}).flatMap(([path, fact]) =>
      certificatesOf(fact).map((certificate) => {
        const want = certificate.authority ? undefined : wants.find((one) => certificatePath(one) === path)
        return {
          host: nodeName,
          path,
          name: certificate.commonName,
          days: Math.floor((certificate.notAfter - (facts?.now ?? 0)) / DAY),
          expires: new Date(certificate.notAfter * 1000).toISOString().slice(0, 10),
          authority: certificate.authority,
          issuer: names.get(certificate.issuer) ?? (certificate.issuer === '' ? '(unknown)' : certificate.issuer.slice(0, 12)),
          missing: (want?.sans ?? []).filter((san) => !certificate.sans.includes(san)),
        }
      }),
    )
  }
  return membersOf(intent.hosts, world)
    .flatMap(({ key, nodeName }) => rowsOn(key, nodeName))
    .sort((a, b) => a.days - b.days || a.host.localeCompare(b.host, 'en') || a.path.localeCompare(b.path, 'en'))
}

/** `slipway certs list`. */
export const listCertificates = (session: Session, options: Options, io: Io): number => {
  const rows = certificateRows(session)
  if (options.output === 'json') io.out(`${JSON.stringify({ certificates: rows, problems: session.problems })}\n`)
  else {
    io.out(
      table(
        ['DAYS', 'EXPIRES', 'HOST', 'NAME', 'SIGNED BY', 'MISSING NAMES', 'PATH'],
        rows.map(({ days, expires, host, name, issuer, missing, path }) => [
          String(days),
          expires,
          host,
          name,
          issuer,
          missing.join(',') || '-',
          path,
        ]),
      ),
    )
    sayProblems(session.problems, io)
  }
  return exitOf(session.problems)
}
