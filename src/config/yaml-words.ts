import type { Text } from '../text.ts'
import { say } from './words.ts'

const SYNTAX: Readonly<Record<string, readonly [what: Text, fix: Text]>> = {
  DUPLICATE_KEY: [say('This key is written twice.', '这个键写了两次。'), say('Keep one of them.', '请只保留一个。')],
  TAB_AS_INDENT: [say('A tab is used as indentation.', '缩进用了制表符（Tab）。'), say('Use spaces.', '请改用空格。')],
  BAD_INDENT: [
    say('The indentation does not fit the lines above.', '缩进与上面的行不一致。'),
    say('Give keys that belong together the same number of spaces.', '同一层的键请用同样数量的空格缩进。'),
  ],
  UNCLOSED: [
    say('A bracket that was opened before this place is not closed.', '此处之前打开的括号没有闭合。'),
    say('Close "{" with "}" and "[" with "]", the inner one first.', '请用 "}" 闭合 "{"，用 "]" 闭合 "["，先闭合内层。'),
  ],
  NO_DASH: [
    say('This line belongs to no entry of the list above it.', '这一行不属于上面列表中的任何一项。'),
    say('Indent it like the key after the "- ", or start it with "- ".', '请与 "- " 后面的键对齐，或以 "- " 开头。'),
  ],
  MISSING_CHAR: [
    say(
      'A character is missing: a quote, a bracket, a comma, or the space after ":" or "-".',
      '缺少字符：引号、括号、逗号，或 ":"、"-" 后面的空格。',
    ),
    say('Close what was opened, and put a space after ":" and "-".', '请补全引号或括号，并在 ":" 和 "-" 后面加空格。'),
  ],
  FULL_WIDTH: [
    say(
      'A full-width character stands here: YAML does not read it as ":", ",", "-", a bracket, a quote or a space.',
      '这里是全角字符：YAML 不把它当作 ":"、","、"-"、括号、引号或空格。',
    ),
    say('Switch the input method to half-width and type it again.', '请切换到半角（英文）输入后重新输入。'),
  ],
  MULTILINE_IMPLICIT_KEY: [
    say('This line is not "key: value".', '这一行不是 "key: value" 的形式。'),
    say('Put ":" and a space after the key.', '请在键的后面写 ":" 和一个空格。'),
  ],
  BAD_SCALAR_START: [
    say('A value cannot start with this character ("@", "`", "%", "," ...).', '值不能以这个字符开头（"@"、"`"、"%"、"," 等）。'),
    say('Put the value in quotes.', '请给这个值加上引号。'),
  ],
  BAD_DQ_ESCAPE: [
    say('Unknown escape sequence in a text with double quotes.', '双引号文本中有无法识别的转义序列。'),
    say('Write "\\\\" for a backslash, or use single quotes.', '反斜杠请写成 "\\\\"，或改用单引号。'),
  ],
  BLOCK_AS_IMPLICIT_KEY: [
    say('A key stands where a plain value is expected.', '此处应为普通值，却出现了另一个键。'),
    say(
      'Put a value that holds ": " in quotes, or start the inner map on a line of its own.',
      '含有 ": " 的值请加引号，或把内层映射另起一行。',
    ),
  ],
  BAD_ALIAS: [
    say('This alias names no anchor above it.', '这个别名没有对应的锚点。'),
    say('Define it with "&name" before "*name".', '请先用 "&name" 定义，再用 "*name" 引用。'),
  ],
  MULTIPLE_DOCS: [
    say('The file holds several YAML documents ("---").', '文件里有多个 YAML 文档（"---"）。'),
    say('Keep one cluster per file.', '每个文件只能写一个集群。'),
  ],
  TAG_RESOLVE_FAILED: [
    say('YAML tags ("!name") are not supported.', '不支持 YAML 标签（"!name"）。'),
    say('Write the plain value.', '请直接写值。'),
  ],
  RESOURCE_EXHAUSTION: [
    say('The file is nested too deeply or repeats itself too often.', '文件嵌套过深，或别名引用过多。'),
    say('Write it out with fewer levels and aliases.', '请减少层级和别名。'),
  ],
}

const OTHER: readonly [Text, Text] = [
  say('This is not valid YAML.', '这里不是有效的 YAML。'),
  say(
    'Compare the line with cluster.example.yml: indentation, quotes, ":" and "-".',
    '请对照 cluster.example.yml 检查这一行的缩进、引号、":" 和 "-"。',
  ),
]

/** What is said of an error of the YAML parser, by its code; its message tells apart what shares a code. */
export const wordsFor = (code: string, message = ''): readonly [what: Text, fix: Text] => {
  if (code === 'BAD_INDENT' && message.startsWith('Flow ')) return wordsFor('UNCLOSED')
  if (code === 'MISSING_CHAR' && message.endsWith('without - indicator')) return wordsFor('NO_DASH')
  return SYNTAX[code] ?? OTHER
}
