import type { Ask } from '../hosts/transport.ts'
import type { Language, Text } from '../text.ts'
import { languageOf } from './language.ts'

export { isInterrupted } from '../hosts/question.ts'

/** Where questions are asked. They go to stderr, because stdout may be data. */
export type Terminal = Readonly<{ input: NodeJS.ReadableStream & { isTTY?: boolean }; output: NodeJS.WritableStream & { isTTY?: boolean } }>

const ours = (): Terminal => ({ input: process.stdin, output: process.stderr })

const confirm = async (message: Text, language: Language, terminal: Terminal): Promise<boolean> => {
  const { confirm } = await import('@inquirer/prompts')
  const transformer = (yes: boolean): string => (language === 'zh' ? (yes ? '是' : '否') : yes ? 'yes' : 'no')
  return confirm({ message: message[language], default: false, transformer }, terminal)
}

/** Asks for a secret without showing it. An empty answer is none. */
const secret = async (message: Text, language: Language, terminal: Terminal): Promise<string | undefined> => {
  const { password } = await import('@inquirer/prompts')
  const answer = await password(
    { message: message[language], mask: false, toggleMask: false, theme: { style: { maskedText: '' } } },
    terminal,
  )
  return answer === '' ? undefined : answer
}

/** The questions that connecting may ask; undefined when there is no terminal to ask on. */
export const createAsk = (language: Language = languageOf(process.env), terminal: Terminal = ours()): Ask | undefined => {
  if (terminal.input.isTTY !== true || terminal.output.isTTY !== true) return undefined
  return {
    confirmHostKey: (label, type, fingerprint) =>
      confirm(
        {
          en: `The host key of ${label} is not known: ${type} ${fingerprint}. Is it the right one?`,
          zh: `${label} 的主机密钥未知：${type} ${fingerprint}。是否信任？`,
        },
        language,
        terminal,
      ),
    passphrase: (keyPath) => secret({ en: `Passphrase of ${keyPath}:`, zh: `${keyPath} 的密码短语：` }, language, terminal),
    password: (label) => secret({ en: `Password of ${label}:`, zh: `${label} 的密码：` }, language, terminal),
  }
}

/** Asks for a word that must be typed, where a mere yes would be too quick. */
export const askWord = async (message: Text, language: Language, terminal: Terminal = ours()): Promise<string> => {
  const { input } = await import('@inquirer/prompts')
  return input({ message: message[language] }, terminal)
}

/** Asks whether the plan on the screen is to be carried out. No is the default. */
export const confirmPlan = (language: Language, terminal: Terminal = ours()): Promise<boolean> =>
  confirm({ en: 'Make these changes?', zh: '执行以上更改？' }, language, terminal)

/** Asks a question whose default is no. */
export const confirmYes = (message: Text, language: Language, terminal: Terminal = ours()): Promise<boolean> =>
  confirm(message, language, terminal)
