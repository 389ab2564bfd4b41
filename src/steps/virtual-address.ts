import type { Problem } from '../problem.ts'
import { keepalivedConfig } from '../templates/keepalived.ts'
import { unitText } from '../templates/unit.ts'
import { PKI } from './common.ts'
import { controlPlanes } from '../cluster/roles.ts'
import type { Step } from './types.ts'
import type { Context } from '../cluster/types.ts'
import { unfit } from './preflight/unfit.ts'

const NAME = 'kube-apiserver-vip'
const CONFIG = '/etc/slipway/keepalived.conf'
const PID = `/run/${NAME}.pid`

/** The device that is to carry the address: the one the file names, else the one with the node's own address. */
const deviceOf = ({ config, facts, member }: Context): string =>
  config.control_plane_vip?.interface ?? facts.addresses.find(({ address }) => address === member.ip)?.device ?? ''

const noDevice = (context: Context): Problem[] => {
  const device = deviceOf(context)
  if (context.config.control_plane_vip === undefined || context.facts.mtu[device] !== undefined) return []
  const { member, facts } = context
  const seen = Object.keys(facts.mtu).join(', ')
  return [
    unfit(
      member,
      { en: `it has no network device ${device} (only ${seen})`, zh: `没有网络设备 ${device}（只有 ${seen}）` },
      { en: 'Correct control_plane_vip.interface, or take it out.', zh: '请更正或删除 control_plane_vip.interface。' },
    ),
  ]
}

const configOf = (context: Context, address: string, routerId: number): string => {
  const planes = controlPlanes(context).toSorted((a, b) => a.nodeName.localeCompare(b.nodeName, 'en'))
  const { member } = context
  return keepalivedConfig({
    name: member.nodeName,
    address,
    device: deviceOf(context),
    routerId,
    own: member.ip,
    peers: planes.filter(({ key }) => key !== member.key).map(({ ip }) => ip),
    authority: `${PKI}/ca.crt`,
  })
}

/** keepalived with a unit and a file of our own; the package's stay off. It takes the address away again when it is stopped. */
export const virtualAddress: Step = {
  id: NAME,
  title: { en: 'Virtual address of the API', zh: 'API 虚拟地址' },
  on: 'control-plane',
  problems: noDevice,
  resources: (context) => {
    const vip = context.config.control_plane_vip
    if (vip === undefined)
      return [
        {
          kind: 'unit-absent',
          name: NAME,
          reason: { en: 'cluster.yml has no control_plane_vip', zh: 'cluster.yml 中没有 control_plane_vip' },
        },
      ]
    return [
      { kind: 'file', path: CONFIG, text: configOf(context, vip.address, vip.router_id), mode: '0600' },
      {
        kind: 'unit',
        name: NAME,
        inputs: [CONFIG],
        within: 30,
        ready: `/usr/sbin/keepalived --config-test --use-file=${CONFIG} && test -s ${PID}`,
        text: unitText(NAME, {
          description: 'Virtual address of the kube-apiservers',
          argv: [
            '/usr/sbin/keepalived',
            '--dont-fork',
            '--vrrp',
            `--use-file=${CONFIG}`,
            `--pid=${PID}`,
            `--vrrp_pid=/run/${NAME}-vrrp.pid`,
          ],
          after: ['kube-apiserver.service'],
          type: 'exec',
          settings: ['KillMode=mixed'],
        }),
      },
    ]
  },
}
