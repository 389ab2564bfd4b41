/** What a person reads, in both languages. The two stand beside each other so that neither can be forgotten. */
export type Text = Readonly<{ en: string; zh: string }>

export type Language = keyof Text

/** The same words in both languages: for names, paths and numbers that need no translation. */
export const same = (words: string): Text => ({ en: words, zh: words })
