#!/bin/sh
# Measures mail, from a mailbox server to a mail server: dovecot and aiosmtpd on loopback, a window between them.
#
#   benches/mail.sh            (or: make mailing)
#
# One: the time from the end of an IMAP APPEND into the mailbox to the end of DATA at the mail server, one mail after
# the other on an idle window; and of it the time until dovecot told another reader that waits with IDLE, which no
# window can make shorter. Many: so many mails lie in the mailbox before the window starts; mails a second, from its
# start to the last answer. Memory: the peak (resident) of the daemon before, after a mail with a signed document of so
# many octets, and after one with a file of the same size that nobody signed.
#
# Taken from the environment:
#   PENCERE     the program                           (target/release/pencere)
#   ONE         mails, one after the other            (100)
#   MANY        mails that wait                       (1000)
#   OCTETS      of the attached file                  (50000000)
#   ROUNDS      of many                               (3)
#   SCRATCH     where window and servers are made     (a new folder in TMPDIR; removed at the end)
# Needs dovecot's IMAP server, openssl and Debian's python3-aiosmtpd. Mails are made by Python's email package. Prints
# each figure, then medians.
set -eu

pencere=${PENCERE:-target/release/pencere}
here=$(dirname "$(realpath "$0")")
python=/usr/bin/python3
[ -x "$python" ] || python=python3

[ -x "$pencere" ] || { echo "mail.sh: $pencere is missing; run: cargo build --release" >&2; exit 2; }
[ -x /usr/sbin/dovecot ] || { echo "mail.sh: dovecot is missing" >&2; exit 2; }
"$python" -c "import aiosmtpd" || { echo "mail.sh: aiosmtpd for $python is missing" >&2; exit 2; }
pencere=$(realpath "$pencere")
scratch=$(mktemp -d "${SCRATCH:-${TMPDIR:-/tmp}}/mailing.XXXXXX")
trap 'cd / && rm -rf "$scratch"' EXIT INT TERM
chmod 755 "$scratch"

echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) processors"
"$python" "$here/mail.py" "$pencere" "$scratch" "${ONE:-100}" "${MANY:-1000}" "${OCTETS:-50000000}" "${ROUNDS:-3}"
