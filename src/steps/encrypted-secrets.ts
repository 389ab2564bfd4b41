import { rotationOf } from '../resources/generations.ts'
import { quote } from '../shell/quote.ts'
import { REWRITE_SECRETS } from '../shell/texts.ts'
import type { Step } from './types.ts'

const REWRITTEN = '/etc/slipway/secrets-rewritten'

/** Every Secret written again as it is, under the key of this name. */
export const rewriteScript = (key: string): string => `KEY=${quote(key)}\n${REWRITE_SECRETS}rewrite_secrets\n`

/** While the encryption key is exchanged: all Secrets under the new one, before the old one goes. */
export const encryptedSecrets: Step = {
  id: 'encrypted-secrets',
  title: { en: 'Secrets under the new encryption key', zh: '用新的加密密钥重写 Secret' },
  on: 'one-control-plane',
  resources: ({ world }) => {
    const rotation = rotationOf(world, 'encryption')
    if (rotation?.stage !== 'switched') return []
    return [{ kind: 'verification', path: REWRITTEN, text: `${rotation.signer.id}\n`, script: rewriteScript(rotation.signer.id) }]
  },
}
