import { isLabelValue, isQualifiedName, prefixOf } from '../kube-names.ts'
import { quote, say } from '../words.ts'
import { eachNode } from './each-node.ts'
import type { Finding, Rule } from './types.ts'

const QUALIFIED = say(
  'Letters, digits, "-", "_" and ".", at most 63, after an optional DNS name and "/": example.com/zone.',
  '应为字母、数字、"-"、"_" 和 "."，最长 63 个字符，前面可加域名和 "/"：example.com/zone。',
)

const LABEL_VALUE = say(
  'At most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends.',
  '最长 63 个字符：字母、数字、"-"、"_" 和 "."，首尾须为字母或数字。',
)

export const labelSyntax: Rule = {
  id: 'label-syntax',
  check: (config) =>
    eachNode(config, ({ labels }, path) =>
      Object.entries(labels).flatMap(([key, value]): Finding[] => [
        ...(isQualifiedName(key)
          ? []
          : [
              {
                path: [...path, 'labels', key],
                on: 'key' as const,
                what: say(`${quote(key)} is not a valid key.`, `${quote(key)} 不是有效的键名。`),
                fix: QUALIFIED,
              },
            ]),
        ...(isLabelValue(value)
          ? []
          : [
              {
                path: [...path, 'labels', key],
                what: say(`${quote(value)} is not a valid value of a label.`, `${quote(value)} 不是有效的标签值。`),
                fix: LABEL_VALUE,
              },
            ]),
      ]),
    ),
}

/** kubelet would write its own values over ours (its `updateDefaultLabels`). */
const SET_BY_OTHERS = [
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
]

const SET_BY_ROLE = [
  'node-role.kubernetes.io/control-plane',
  'node-role.kubernetes.io/master',
  'node-role.kubernetes.io/etcd',
  'node-role.kubernetes.io/worker',
]

/** Reserved namespaces in which people do set labels. */
const FREE = [
  'node-restriction.kubernetes.io',
  'node.kubernetes.io',
  'kubelet.kubernetes.io',
  'node-role.kubernetes.io',
  'topology.kubernetes.io',
]

const isReserved = (key: string): boolean => {
  const prefix = prefixOf(key)
  if (!/(^|\.)(kubernetes\.io|k8s\.io)$/.test(prefix)) return false
  return !FREE.some((free) => prefix === free || prefix.endsWith(`.${free}`))
}

export const reservedLabels: Rule = {
  id: 'reserved-labels',
  check: (config) =>
    eachNode(config, ({ labels }, path) =>
      Object.keys(labels).flatMap((key): Finding[] => {
        const at = { path: [...path, 'labels', key], on: 'key' as const }
        if (SET_BY_OTHERS.includes(key))
          return [
            { ...at, what: say('kubelet sets this label itself.', '该标签由 kubelet 自己设置。'), fix: say('Take it out.', '请删除。') },
          ]
        if (SET_BY_ROLE.includes(key)) {
          return [
            {
              ...at,
              what: say('This label follows from the role.', '该标签由角色决定。'),
              fix: say('Set role instead.', '请改为设置 role。'),
            },
          ]
        }
        if (!isReserved(key)) return []
        return [
          {
            ...at,
            severity: 'warning',
            what: say(
              `${quote(prefixOf(key))} belongs to Kubernetes: a later release may give this label a meaning.`,
              `${quote(prefixOf(key))} 归 Kubernetes 所有：以后的版本可能赋予该标签含义。`,
            ),
            fix: say(
              'Use a domain of your own, or node-restriction.kubernetes.io/.',
              '请使用自己的域名，或 node-restriction.kubernetes.io/。',
            ),
          },
        ]
      }),
    ),
}

export const taintSyntax: Rule = {
  id: 'taint-syntax',
  check: (config) =>
    eachNode(config, ({ taints }, path) =>
      taints.flatMap(({ key, value, effect }, index): Finding[] => {
        const at = [...path, 'taints', index]
        const twin = taints.findIndex((other) => other.key === key && other.effect === effect)
        return [
          ...(isQualifiedName(key)
            ? []
            : [{ path: [...at, 'key'], what: say(`${quote(key)} is not a valid key.`, `${quote(key)} 不是有效的键名。`), fix: QUALIFIED }]),
          ...(isLabelValue(value)
            ? []
            : [
                {
                  path: [...at, 'value'],
                  what: say(`${quote(value)} is not a valid value of a taint.`, `${quote(value)} 不是有效的污点值。`),
                  fix: LABEL_VALUE,
                },
              ]),
          ...(twin === index
            ? []
            : [
                {
                  path: at,
                  what: say(`taints[${twin}] has the same key and effect.`, `taints[${twin}] 的键和效果相同。`),
                  fix: say('Keep one of them.', '请只保留一个。'),
                },
              ]),
        ]
      }),
    ),
}
