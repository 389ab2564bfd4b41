import type { Facts } from '../hosts/facts.ts'
import { quote } from '../shell/quote.ts'
import { runsAs } from '../cluster/runs-as.ts'
import type { Kind, NodeAbsentResource, NodeAddressResource, NodeRenameResource } from './types.ts'

const nodeOf = (facts: Facts, name: string) => facts.nodes.find((node) => node.name === name)

/** A Node whose host has another name now. Its pods were moved away before; what is left of it goes with it. */
export const nodeAbsent: Kind<NodeAbsentResource> = {
  id: (want) => `node-absent ${want.name}`,
  touches: () => [],
  diff: (want, { facts }) =>
    nodeOf(facts, want.name) ? { verb: 'remove', reason: { en: 'its host has another name now', zh: '该主机已改名' } } : undefined,
  script: ({ name }) => `k 50 delete node ${quote(name)} --ignore-not-found --timeout=45s\n`,
  after: (want, { facts }) => ({ ...facts, nodes: facts.nodes.filter(({ name }) => name !== want.name) }),
}

/**
 * Before kubelet starts under another name. The new Node gets another share of pod_cidr: a bridge and a lease of the old one would make
 * every new pod fail ("cni0 already has an IP address different from ..."), so both go while nothing starts pods.
 */
export const nodeRename: Kind<NodeRenameResource> = {
  id: (want) => `node-rename ${want.to}`,
  touches: () => [],
  diff: (want, { facts }) => {
    const from = runsAs(facts)
    return from === undefined || from === want.to
      ? undefined
      : { verb: 'update', reason: { en: `it was the node ${from}`, zh: `此前是节点 ${from}` } }
  },
  script: ({ links, files }) =>
    [
      'systemctl stop kubelet.service\n',
      ...links.map((link) => `if ip link show ${quote(link)} >/dev/null 2>&1; then ip link delete ${quote(link)}; fi\n`),
      ...files.map((path) => `rm -f ${quote(path)}\n`),
    ].join(''),
  // The unit that follows carries the name: until it is written, this is asked for again.
  after: (_, { facts }) => facts,
}

/** Waits until a Node has the address its kubelet was given, and lets its part of the pod network start again with it. */
export const nodeAddress: Kind<NodeAddressResource> = {
  id: (want) => `node-address ${want.name}`,
  touches: () => [],
  diff: (want, { facts }) => {
    const seen = nodeOf(facts, want.name)?.address ?? ''
    return seen === '' || seen === want.address
      ? undefined
      : { verb: 'update', reason: { en: `its address was ${seen}`, zh: `此前的地址是 ${seen}` } }
  },
  script: ({ name, address, network }) =>
    [
      `moved() { [ "$(k 50 get node ${quote(name)} -o 'jsonpath={.status.addresses[?(@.type=="InternalIP")].address}')" = ${quote(address)} ]; }\n`,
      `await 120 ${quote(`${name} at ${address}`)} moved\n`,
      network === undefined
        ? ''
        : [
            `k 50 -n ${network.namespace} delete pod -l ${quote(network.selector)} --field-selector ${quote(`spec.nodeName=${name}`)} --timeout=45s\n`,
            `again() { k 50 -n ${network.namespace} wait pod -l ${quote(network.selector)} --field-selector ${quote(`spec.nodeName=${name}`)} --for=condition=Ready --timeout=5s; }\n`,
            `await 180 ${quote(`pod network of ${name}`)} again\n`,
          ].join(''),
    ].join(''),
  after: (want, { facts }) => ({
    ...facts,
    nodes: facts.nodes.map((node) => (node.name === want.name ? { ...node, address: want.address } : node)),
  }),
}
