#!/bin/sh
# The built-in rules: a small tree of each dataset, all its patches found and whole, every tensor
# of them packed.
. "${0%/*}/lib.sh"

rsenc-scan -l | cut -f 1 | uniq >rules
fixture -l | sort >made
is 'every built-in rule has a fixture' "$(sort rules | comm -23 - made)" ''
is 'and every fixture a rule' "$(sort rules | comm -13 - made)" ''

dataset_trees
while read -r rule; do
	rsenc-scan "$rule" "$trees/$rule" >groups 2>err
	is "$rule: status" $? 0
	is "$rule: nothing is skipped" "$(cat err)" ''
	is "$rule: two groups" "$(wc -l <groups | tr -d ' ')" 2
	# Each file of the tree is in one group, once.
	cut -f 2- groups | tr '\t' '\n' | sed 's/^[^=]*=//' | sort >used
	find "$trees/$rule" -name '*.[tT][iI][fF]' | sort >there
	is "$rule: all files are used" "$(comm -3 used there)" ''
	if rsenc-pack -r <groups 2>err | rsenc-show >shown 2>>err && [ ! -s err ]; then
		pass "$rule: its names are those of the bands"
	else
		fail "$rule: its names are those of the bands" "$(cat err)"
	fi
done <rules

# All tasks of a collection in one tree: each file is one task's, keys do not meet.
fixture -b copernicus-bench tree 2
rsenc-scan copernicus-bench tree >groups 2>err
is 'copernicus-bench: status' $? 0
is 'copernicus-bench: nothing is skipped' "$(cat err)" ''
is 'copernicus-bench: two groups of each task' "$(wc -l <groups | tr -d ' ')" \
	$(($(grep -c '^copernicus-bench' rules) * 2))

done_testing
