import type { Step } from './types.ts'

export const hostnameStep: Step = {
  id: 'hostname',
  title: { en: 'Host name', zh: '主机名' },
  on: 'every',
  resources: ({ member }) => (member.setHostname ? [{ kind: 'hostname', name: member.nodeName }] : []),
}
