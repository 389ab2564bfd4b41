/**
 * The files that kubectl reads, in its order (client-go, clientcmd.NewDefaultPathOptions): those of KUBECONFIG, each once and without empty words, else
 * ~/.kube/config. Empty where KUBECONFIG names none at all.
 */
export const kubeconfigFiles = (named: string | undefined, home: string): readonly string[] => {
  if (named === undefined || named === '') return [`${home}/.kube/config`]
  return [...new Set(named.split(':'))].filter((path) => path !== '')
}

/** The file into which kubectl writes what is new: the first of several that is there, else the last. */
export const writtenFile = (files: readonly string[], isThere: (path: string) => boolean): string | undefined =>
  files.find(isThere) ?? files.at(-1)
