//! Which functions most of a call's instructions are in.
//! Owns the reading of callgrind's notes by its own program, and the adding up; a program without symbols has only addresses to tell.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::timing::printed;
use crate::failure::{Failure, Outcome};
use crate::process;

/// How many are shown.
const MOST: usize = 10;

/// How much of a name is shown; those of closures in generic code have no end.
const LENGTH: usize = 90;

/// The functions with most instructions of their own, and how many.
pub(super) fn heaviest(notes: &Path) -> Outcome<Vec<(String, u64)>> {
    let program = process::find(&["callgrind_annotate"]).ok_or_else(|| Failure::new("valgrind came without callgrind_annotate"))?;
    Ok(read(&printed(Command::new(program).args(["--auto=no", "--threshold=100"]).arg(notes))?))
}

fn read(annotated: &str) -> Vec<(String, u64)> {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (name, count) in annotated.lines().filter_map(line) {
        *sums.entry(name).or_default() += count;
    }
    let mut sums: Vec<(String, u64)> = sums.into_iter().collect();
    sums.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    sums.truncate(MOST);
    sums
}

/// A line of a function, which is there once for each file whose code was put into it: `141,512 ( 2.15%)  file:function [program]`.
fn line(text: &str) -> Option<(String, u64)> {
    let (count, rest) = text.trim_start().split_once(" (")?;
    let (_, place) = rest.split_once("%)  ")?;
    let (_, function) = place.split_once(':')?;
    let function = function.rsplit_once(" [/").map_or(function, |(function, _)| function);
    Some((function.chars().take(LENGTH).collect(), count.replace(',', "").parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_one_however_many_files_its_code_is_from() {
        let annotated = "Ir\n----\n6,572,601 (100.0%)  PROGRAM TOTALS\n----\nIr  file:function\n\
                         \x20 566,777 ( 8.62%)  ./elf/dl-machine.h:_dl_relocate_object\n\
                         \x20 358,268 ( 5.45%)  ./elf/do-rel.h:_dl_relocate_object [/lib/ld-linux-x86-64.so.2]\n\
                         2,601,712 (39.58%)  /src/iter.rs:<T as core::slice::<impl [T]>::to_vec [/w/kclogin]\n";
        let found = [("<T as core::slice::<impl [T]>::to_vec".to_owned(), 2_601_712), ("_dl_relocate_object".to_owned(), 925_045)];
        assert_eq!(read(annotated), found);
    }
}
