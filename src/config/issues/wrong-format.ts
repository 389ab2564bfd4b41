import type { Text } from '../../text.ts'
import { suggestHostname } from '../hostname.ts'
import { found, quote, say } from '../words.ts'
import type { Words } from './words.ts'

const dns1123 = (value: unknown, what: Text): Words => {
  const text = String(value)
  const better = suggestHostname(text)
  const label = what.en.endsWith('label')
  const rule = label
    ? say('lower-case letters, digits and "-", at most 63', '小写字母、数字和 "-"，最长 63 个字符')
    : say('lower-case letters, digits, "-" and ".", here at most 63', '小写字母、数字、"-" 和 "."，这里最长 63 个字符')
  const tried = label ? better?.replaceAll('.', '-') : better
  return [
    say(`${quote(text)} ${what.en} (${rule.en}).`, `${quote(text)} ${what.zh}（${rule.zh}）。`),
    tried ? say(`Try "${tried}".`, `可以改成 "${tried}"。`) : say('Choose another name, such as "cp1".', '请换一个名称，例如 "cp1"。'),
  ]
}

const IPV4_FIX = say(
  'Write four numbers from 0 to 255 without leading zeros, such as 10.0.0.11.',
  '请写四个 0 到 255 的数字，不带前导零，例如 10.0.0.11。',
)

/** Texts that the schema refuses by a message of its own, by that message. */
export const FORMATS: Readonly<Record<string, (value: unknown) => Words>> = {
  'is not a DNS-1123 subdomain': (value) => dns1123(value, say('is not a DNS-1123 subdomain', '不是有效的 DNS-1123 子域名')),
  'is not a DNS-1123 label': (value) => dns1123(value, say('is not a DNS-1123 label', '不是有效的 DNS-1123 标签')),
  'is not a version number': (value) => [
    say(`${quote(String(value))} is not a version number.`, `${quote(String(value))} 不是版本号。`),
    say('Write it without "v", such as 2.3.6.', '请不带 "v" 书写，例如 2.3.6。'),
  ],
  'is not a duration': (value) => [
    say(`${quote(String(value))} is not a duration.`, `${quote(String(value))} 不是时长。`),
    say('Write a whole number and m, h or d, such as 24h or 365d.', '请写整数加 m、h 或 d，例如 24h 或 365d。'),
  ],
  'is not a number of workers': (value) => [
    say(`Expected a number or a percentage, found ${found(value).en}.`, `应为数字或百分比，实际是${found(value).zh}。`),
    say('Write a whole number or a percentage, at least 1, such as 2 or 10%.', '请写不小于 1 的整数或百分比，例如 2 或 10%。'),
  ],
  'is not an IPv4 address': (value) =>
    String(value).includes(':')
      ? [
          say(`${quote(String(value))} is an IPv6 address: not supported yet.`, `${quote(String(value))} 是 IPv6 地址：暂不支持。`),
          IPV4_FIX,
        ]
      : [say(`${quote(String(value))} is not an IPv4 address.`, `${quote(String(value))} 不是 IPv4 地址。`), IPV4_FIX],
}
