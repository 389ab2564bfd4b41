# Asks the apt of a host for packages as signed lists have them (commands/lock/deb-script.ts), with the functions of src/shell.

# say_debs REPOSITORY PACKAGE=VERSION...: from the first source whose lists can be trusted.
say_debs() {
	repository=$1
	place=$STATE/apt/$1
	shift
	APT_PRIVATE="-o Dir::State::lists=$place/lists -o Dir::Cache=$place/cache"
	for candidate in "$place"/*.sources; do
		host=$(host_in "$candidate")
		if apt_update "$candidate"; then
			for pair; do
				# shellcheck disable=SC2086
				apt-cache $APT_PRIVATE -o Dir::Etc::sourcelist="$candidate" -o Dir::Etc::sourceparts=- show "${pair%%=*}" 2>/dev/null |
					awk -v host="$host" -v wanted="${pair#*=}-" '
						function say() { if (sum != "" && index(version, wanted) == 1) print "deb\t" name "_" version "_" arch "\tsha256:" sum "\t" host; sum = "" }
						/^Package:/ { say(); name = $2 } /^Version:/ { version = $2 } /^Architecture:/ { arch = $2 } /^SHA256:/ { sum = $2 }
						END { say() }'
			done
			return
		fi
		printf 'failed\t%s\t%s\t%s\n' "$repository" "$host" "$error"
	done
}

# elsewhere REPOSITORY FILE: sources that name their key where it lies in this script's own place.
elsewhere() { sed "s|/var/lib/slipway|$STATE|" | private_apt "$1" "$2"; }
