import type { Text } from '../../text.ts'
import { ROLES } from '../schema/node.ts'
import type { Path } from '../source.ts'
import { nearest, oneOf, say } from '../words.ts'

/** What k3s, RKE and kubeadm call the hosts, as roles here. Pods run on a server of k3s too. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  controlplane: ['control-plane'],
  master: ['control-plane'],
  server: ['control-plane', 'worker'],
  agent: ['worker'],
  node: ['worker'],
}

/** The roles that a word means; undefined when nothing is near. */
const meantBy = (word: string): readonly string[] | undefined => {
  const lower = word.toLowerCase()
  if (Object.hasOwn(ALSO, lower)) return ALSO[lower]
  const near = nearest(word, ROLES)
  return near === undefined ? undefined : [near]
}

/** Whether a path is that of a node's roles. */
export const isRoles = (path: Path): boolean => path.length === 3 && path[0] === 'nodes' && path[2] === 'role'

const choices = oneOf(ROLES)

/** How a word that is no role becomes one. */
export const roleFix = (word: string): Text => {
  const [role, more] = meantBy(word) ?? []
  if (role === undefined) return say(`Write ${choices.en}.`, `请写 ${choices.zh}。`)
  if (more === undefined) return say(`Did you mean ${role}?`, `是否想写 ${role}？`)
  return say(`Write ${role}, and ${more} too where pods are to run there.`, `请写 ${role}；如需在其上运行 Pod，请再加上 ${more}。`)
}

/** How a text where the list of roles belongs becomes that list. */
export const rolesFix = (text: string): Text => {
  const words = text.split(/[\s,，、+]+/).filter((word) => word !== '')
  const meant = words.map(meantBy)
  const roles = [...new Set(meant.flatMap((one) => one ?? []))]
  if (roles.length === 0 || meant.includes(undefined))
    return say(
      `Write a list of ${choices.en}, such as [control-plane, worker].`,
      `请写由 ${choices.zh} 组成的列表，例如 [control-plane, worker]。`,
    )
  return say(`Write it as a list: [${roles.join(', ')}].`, `请写成列表：[${roles.join(', ')}]。`)
}
