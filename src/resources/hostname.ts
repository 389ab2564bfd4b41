import { quote } from '../shell/quote.ts'
import { heredoc } from '../shell/heredoc.ts'
import type { HostnameResource, Kind } from './types.ts'

const CLOUD_INIT = '/etc/cloud/cloud.cfg.d/90-slipway.cfg'

export const hostname: Kind<HostnameResource> = {
  id: (want) => `hostname ${want.name}`,
  touches: () => ['/etc/hostname'],
  diff: (want, { facts }) =>
    facts.hostname === want.name
      ? undefined
      : {
          verb: 'update',
          reason: { en: `the host calls itself ${facts.hostname}`, zh: `主机当前名称为 ${facts.hostname}` },
          diff: `-${facts.hostname}\n+${want.name}`,
        },
  script: (want) =>
    [
      heredoc('put /etc/hostname 0644 root:root', `${want.name}\n`),
      `hostname ${quote(want.name)}\n`,
      'keep /etc/hosts\n',
      `awk -v line=${quote(`127.0.1.1 ${want.name}`)} '$1 == "127.0.1.1" {next} {print} END {print line}' /etc/hosts >/etc/.hosts.slipway\n`,
      'chmod 0644 /etc/.hosts.slipway\nsync /etc/.hosts.slipway\nremember file /etc/hosts\nmv -fT /etc/.hosts.slipway /etc/hosts\n',
      // cloud-init sets the name again at every boot unless told otherwise (cloud-init docs, module set_hostname).
      `if [ -d /etc/cloud/cloud.cfg.d ]; then\n${heredoc(`put ${CLOUD_INIT} 0644 root:root`, 'preserve_hostname: true\n')}fi\n`,
    ].join(''),
  after: (want, { facts }) => ({ ...facts, hostname: want.name }),
}
