# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_pencere_global_optspecs
    string join \n h/help V/version
end

function __fish_pencere_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_pencere_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_pencere_using_subcommand
    set -l cmd (__fish_pencere_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c pencere -n "__fish_pencere_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_needs_command" -s V -l version -d 'Print version'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "init" -d 'Make a complete trial window in an empty or new folder'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "setup" -d 'Make a window for real in the standard places: /etc/pencere, /var/lib/pencere, /srv/pencere/drop'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "demo" -d 'Show the whole way on sample files: trial window, documents, receipts, totals'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "run" -d 'Open the window: watch the drop folders until told to stop (the daemon)'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "seal" -d 'Seal for a window that runs apart, and alone hold the seal\'s key (a service)'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "uploads" -d 'Make what agencies upload readable for the window (a service)'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "once" -d 'Process everything that waits now, write the receipts, and end'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "check" -d 'Say what the window would answer to a file; nothing is loaded or changed'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "verify" -d 'Check the signatures of any signed file; needs no window'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "sign" -d 'Sign files with a key and certificate'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "template" -d 'Print an empty, commented form to fill in'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "approval" -d 'Write the document that takes a submission through a stage'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "publish" -d 'Write what follows from a dataset\'s description: schemas, forms and guides'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "receipt" -d 'Prove a receipt, or read it as a page of text'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "list" -d 'List submissions and where they stand, the newest last'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "show" -d 'Show everything that happened to one submission, from its arrival to its receipts'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "explain" -d 'Repeat the judgement of a submission from evidence alone, and tell it step by step'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "replay" -d 'Judge past documents by changed rules, and list what would be answered otherwise'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "evidence" -d 'Make one container of all that proves what became of a submission (ASiC-E)'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "status" -d 'Say whether the window is healthy, and what waits'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "doctor" -d 'Look over all that the window stands on, and say of each what is wrong and what to do'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "backup" -d 'Copy the whole window into a folder, while it goes on'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "restore" -d 'Make a window from a backup or from the reserve'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "repair" -d 'Put back damaged or missing evidence from a backup or from the reserve'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "downtime" -d 'List when the window was not up: planned stops, crashes, halts, from when to when, and why'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "report" -d 'Report on figures, on what is owed, or on submissions'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "as-of" -d 'Show what held for a period, by what was known at a moment'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "export" -d 'Give data out of BOEMİS to others'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "audit" -d 'Look over the window\'s records'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "archive" -d 'Archive units: what is past its active time, packed for good'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "post" -d 'Mail that goes out: what is owed, and what was given up or came back'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "boemis" -d 'What the owner of BOEMİS\'s database does for the window'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "config" -d 'Look over the configuration'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "participants" -d 'The bodies that file'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "persons" -d 'The persons who sign for them'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "stations" -d 'The stations that are filed about'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "profile" -d 'What agencies need for the window\'s verdict at home'
complete -c pencere -n "__fish_pencere_needs_command" -f -a "identity" -d 'Look at who a certificate says its holder is'
complete -c pencere -n "__fish_pencere_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l id -d 'What a document\'s `to` must say: 1 to 64 of a-z, 0-9 and -, beginning with a letter' -r
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l name -d 'The window\'s name for people; it stands in every receipt' -r
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l environment -d 'production, or test: with a PKI for trying out where no --anchor is named' -r
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l boemis -d 'The database: sqlite://PATH or postgres://… [default: a file in the state folder]' -r
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l anchor -d 'A certificate of an authority whose persons are believed; copied; may be repeated' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l crl-url -d 'Where revocation lists are fetched; may be repeated' -r
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l registry -d 'The registry; copied with the certificates that it names [default: one without participants]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l stations -d 'The station register; copied [default: the shipped one, or without participants an empty one]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l seal-certificate -d 'The seal\'s certificate; copied [default: one that this makes over its key]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l seal-key -d 'The seal\'s key, PKCS#8 in PEM; copied [default: a new one]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l account -d 'Whose uploads come into a participant\'s folder; may be repeated [default: the user of its name]' -r
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l seal-user -d 'As whom the seal runs that is a process of its own' -r
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l user -d 'As whom the window runs' -r
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l root -d 'Make everything beneath this folder instead of /, and name it so in the configuration' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand setup" -l seal-apart -d 'Let the seal be a process of its own, which alone has its key (docs/seal.md)'
complete -c pencere -n "__fish_pencere_using_subcommand setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand demo" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand run" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand seal" -l config -d 'Whose seal it is, and where certificate, key and act log lie' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand seal" -l socket -d 'Make this socket, for a window of the same user, instead of taking one over' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand seal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand uploads" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand uploads" -l once -d 'Do it for what lies there now, and end'
complete -c pencere -n "__fish_pencere_using_subcommand uploads" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand once" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand once" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand once" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand check" -l participant -d 'Judge it as dropped by this participant [default: whoever signed it]' -r
complete -c pencere -n "__fish_pencere_using_subcommand check" -l profile -d 'Judge by this profile of a window (`pencere profile export`)' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand check" -l profile-cert -d 'The certificate (PEM) that the profile must be signed with' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand check" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand check" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand verify" -l content -d 'The file that a detached signature speaks of' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand verify" -l trust -d 'A trusted certificate (PEM), or a folder of them; may be given several times' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand verify" -l at -d 'Judge as of this moment, as 2026-10-05T09:00:00+04:00 [default: now]' -r
complete -c pencere -n "__fish_pencere_using_subcommand verify" -l policy -d 'A cryptographic policy, in the form of config/policy.toml [default: the built-in one]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand verify" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand verify" -l explain -d 'Tell everything that was asked of each signature, and how it was answered'
complete -c pencere -n "__fish_pencere_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand sign" -l key -d 'The signer\'s private key (PEM)' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand sign" -l cert -d 'The signer\'s certificate (PEM); further ones in the file, from its issuer on, go with each signature [default with --pkcs11: those in the token]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand sign" -l pkcs11 -d 'The signer\'s private key in a PKCS#11 token, by its URI (RFC 7512): pkcs11:token=…;object=…;id=%01?module-path=/usr/lib/….so. The PIN is asked for at the terminal, or stands in the file that pin-source=file:/PATH names' -r
complete -c pencere -n "__fish_pencere_using_subcommand sign" -l pkcs11-module -d 'The PKCS#11 module that drives the token, where the URI names none' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand sign" -l format -d 'The form of the signature [default: xades for XML, cades for anything else]' -r -f -a "xades\t'Inside the XML document'
cades\t'A file of its own beside the document'
asice\t'One container with document and signature (ASiC-E with XAdES)'"
complete -c pencere -n "__fish_pencere_using_subcommand sign" -l tsa -d 'Have each signature time-stamped by the authority at this address (RFC 3161, http or https)' -r
complete -c pencere -n "__fish_pencere_using_subcommand sign" -l tsa-timeout -d 'Seconds to wait for the time-stamping authority, for each signature' -r
complete -c pencere -n "__fish_pencere_using_subcommand sign" -s o -l out -d 'Write the result here (one FILE only), replacing what stands there' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand sign" -l out-dir -d 'Write the results into this folder, replacing what stands there' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand template" -l format -d 'XML, CSV for a spreadsheet, or GeoJSON for a GIS' -r -f -a "xml\t'An XML document'
csv\t'A table for a spreadsheet'
geojson\t'A feature collection for a GIS, where the dataset has a shape'"
complete -c pencere -n "__fish_pencere_using_subcommand template" -l participant -d 'Whose stations to put in, for instance azerenerji' -r
complete -c pencere -n "__fish_pencere_using_subcommand template" -l period -d 'The quarter, month or year, as 2026-Q3, 2026-M09 or 2026' -r
complete -c pencere -n "__fish_pencere_using_subcommand template" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand template" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand approval" -l stage -d 'What is done: checking, approved, refused or withdrawn' -r
complete -c pencere -n "__fish_pencere_using_subcommand approval" -l reason -d 'Why; needed where it is refused or withdrawn' -r
complete -c pencere -n "__fish_pencere_using_subcommand approval" -l participant -d 'The body that signs; the owner where it is left out' -r
complete -c pencere -n "__fish_pencere_using_subcommand approval" -s o -l output -d 'Where to write it; replaces nothing. Else it goes to stdout' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand approval" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand approval" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand publish" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand publish" -l check -d 'Write nothing; answer no (exit 1) where a file is missing or out of date'
complete -c pencere -n "__fish_pencere_using_subcommand publish" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and not __fish_seen_subcommand_from verify show" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and not __fish_seen_subcommand_from verify show" -f -a "verify" -d 'Prove that the window issued this receipt'
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and not __fish_seen_subcommand_from verify show" -f -a "show" -d 'Print the receipt as a page of text'
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from verify" -l document -d 'The document that it should speak of' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from verify" -l seal -d 'The window\'s published seal certificate (PEM) [default: that of the configured window]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from verify" -l log -d 'The published certificate of the log\'s key (PEM) [default: that of the configured window, if any]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from verify" -l previous -d 'The receipt that this one names as the one before' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from verify" -l trust -d 'Certificates that are believed about time: a file (PEM or DER) or a folder; may be given several times' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from verify" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from verify" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from show" -l lang -d 'The language of the page: az (Azərbaycan dili) or en (English)' -r -f -a "az\t'Azərbaycan dili'
en\t'English'"
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from show" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand receipt; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand list" -l state -d 'Only those in this state' -r -f -a "open\t'Received, not answered yet'
accepted\t'Loaded into BOEMİS'
rejected\t'Refused, with reasons'
duplicate\t'The same content again'
pending\t'Waits for an approval'
held\t'Kept safe until it can be judged'
contested\t'Accepted, and put in doubt later, or withdrawn'
approval\t'Took another submission through a stage'"
complete -c pencere -n "__fish_pencere_using_subcommand list" -l participant -d 'Only this participant\'s' -r
complete -c pencere -n "__fish_pencere_using_subcommand list" -l dataset -d 'Only this dataset\'s' -r
complete -c pencere -n "__fish_pencere_using_subcommand list" -l limit -d 'At most the newest N' -r
complete -c pencere -n "__fish_pencere_using_subcommand list" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand list" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand list" -l archived -d 'Only what lies in an archive unit, as it stands now'
complete -c pencere -n "__fish_pencere_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand show" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand show" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand explain" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand explain" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand replay" -l since -d 'Only what was received from then on: a day, which begins at midnight in Baku, or a moment' -r
complete -c pencere -n "__fish_pencere_using_subcommand replay" -l until -d 'Only what was received before then' -r
complete -c pencere -n "__fish_pencere_using_subcommand replay" -l by -d 'The configuration to judge by [default: the window\'s]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand replay" -l registry -d 'Whose participants, persons and stations' -r -f -a "then\t'Those of its time'
now\t'Those of the configuration to judge by'"
complete -c pencere -n "__fish_pencere_using_subcommand replay" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand replay" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand evidence" -s o -l out -d 'Write the container here, replacing what stands there' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand evidence" -l key -d 'The private key that signs the container (PEM)' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand evidence" -l cert -d 'Its certificate (PEM); further ones in the file, from its issuer on, go with the signature' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand evidence" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand evidence" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand evidence" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand status" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand status" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand doctor" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand doctor" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand backup" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand backup" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand restore" -l skip-numbers -d 'How many receipt numbers to leave out, as the old window may have given them since; 0 when it surely gave none' -r
complete -c pencere -n "__fish_pencere_using_subcommand restore" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand repair" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand repair" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand repair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand downtime" -l from -d 'Only what lasted beyond this moment (a day in Baku, or RFC 3339)' -r
complete -c pencere -n "__fish_pencere_using_subcommand downtime" -l to -d 'Only what began before this moment' -r
complete -c pencere -n "__fish_pencere_using_subcommand downtime" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand downtime" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand downtime" -l holds -d 'Also each document that was held, from when to when'
complete -c pencere -n "__fish_pencere_using_subcommand downtime" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand report" -l by -d 'A row for each of these: station,quarter' -r -f -a "station\t'The station'
key\t'What a record is of, where that is no station'
type\t'The kind of station'
region\t'The station\'s region'
participant\t'Who stated it'
dataset\t'The dataset'
decision\t'What was decided'
period\t'The statement\'s period'
month\t'The month'
quarter\t'The quarter'
year\t'The year'"
complete -c pencere -n "__fish_pencere_using_subcommand report" -l from -d 'From this period on [default: all there is; completeness: the year of the quarter that ended last]' -r
complete -c pencere -n "__fish_pencere_using_subcommand report" -l to -d 'Until this one, with it [default: all there is; completeness: what has ended]' -r
complete -c pencere -n "__fish_pencere_using_subcommand report" -l participant -d 'Only what this participant stated, owes or sent' -r
complete -c pencere -n "__fish_pencere_using_subcommand report" -l dataset -d 'Only this dataset, of completeness and submissions' -r
complete -c pencere -n "__fish_pencere_using_subcommand report" -l known-at -d 'By what was known at this moment (a day in Baku, or RFC 3339); not of submissions [default: now]' -r
complete -c pencere -n "__fish_pencere_using_subcommand report" -l lang -d 'The language of heads and remarks: az (Azərbaycan dili) or en (English)' -r -f -a "az\t'Azərbaycan dili'
en\t'English'"
complete -c pencere -n "__fish_pencere_using_subcommand report" -l format -d 'The form of the answer' -r -f -a "table\t'For a terminal'
csv\t'For a spreadsheet: byte order mark, ; and decimal comma; no cell acts as a formula'
json\t'For programs: one value, figures as exact decimals in text'
xlsx\t'A workbook, with figures as numbers'"
complete -c pencere -n "__fish_pencere_using_subcommand report" -s o -l output -d 'Write into this file, and replace it [default: stdout]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand report" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand as-of" -l period -d 'Only what was stated for this period, as 2026-Q3, 2026-M09 or 2026' -r
complete -c pencere -n "__fish_pencere_using_subcommand as-of" -l known-at -d 'By what was known at this moment (a day in Baku, or RFC 3339) [default: now]' -r
complete -c pencere -n "__fish_pencere_using_subcommand as-of" -l participant -d 'Only what this participant stated' -r
complete -c pencere -n "__fish_pencere_using_subcommand as-of" -l lang -d 'The language of what stands around the rows: az (Azərbaycan dili) or en (English)' -r -f -a "az\t'Azərbaycan dili'
en\t'English'"
complete -c pencere -n "__fish_pencere_using_subcommand as-of" -l format -d 'The form of the answer' -r -f -a "table\t'For a terminal'
csv\t'For a spreadsheet: byte order mark, ; and decimal comma; no cell acts as a formula'
json\t'For programs: one value, figures as exact decimals in text'
xlsx\t'A workbook, with figures as numbers'"
complete -c pencere -n "__fish_pencere_using_subcommand as-of" -s o -l output -d 'Write into this file, and replace it [default: stdout]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand as-of" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand as-of" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand export; and not __fish_seen_subcommand_from open" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand export; and not __fish_seen_subcommand_from open" -f -a "open" -d 'Write the data that is open to everybody into a folder'
complete -c pencere -n "__fish_pencere_using_subcommand export; and __fish_seen_subcommand_from open" -s o -l output -d 'The folder: new, empty, or that of an earlier export' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand export; and __fish_seen_subcommand_from open" -l dataset -d 'Only this dataset; may be given several times [default: all that are open]' -r
complete -c pencere -n "__fish_pencere_using_subcommand export; and __fish_seen_subcommand_from open" -l known-at -d 'By what was known at this moment (a day in Baku, or RFC 3339) [default: now]' -r
complete -c pencere -n "__fish_pencere_using_subcommand export; and __fish_seen_subcommand_from open" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand export; and __fish_seen_subcommand_from open" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand export; and __fish_seen_subcommand_from open" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand audit; and not __fish_seen_subcommand_from verify compare export" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand audit; and not __fish_seen_subcommand_from verify compare export" -f -a "verify" -d 'Walk the window\'s records and name the first thing that does not fit'
complete -c pencere -n "__fish_pencere_using_subcommand audit; and not __fish_seen_subcommand_from verify compare export" -f -a "compare" -d 'Hold the receipts of two parties against each other'
complete -c pencere -n "__fish_pencere_using_subcommand audit; and not __fish_seen_subcommand_from verify compare export" -f -a "export" -d 'Write the journal out as lines, each entry checked, for an auditor\'s own tools'
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from verify" -l checkpoint -d 'A checkpoint or receipt of this window that somebody kept; may be given several times' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from verify" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from verify" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from compare" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from compare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from export" -s o -l output -d 'Write into this file, and replace it [default: stdout]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from export" -l format -d 'The form of a line' -r -f -a "jsonl\t'JSON, one value a line'
csv\t'CSV with a header'"
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from export" -l from -d 'Only entries of this moment and later (a day in Baku, or RFC 3339)' -r
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from export" -l to -d 'Only entries before this moment' -r
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from export" -l participant -d 'Only entries about submissions of this participant' -r
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from export" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand audit; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -f -a "make" -d 'Pack what is past its active time into archive units'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -f -a "verify" -d 'Read archive units and check them, and write a protocol for two signatures'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -f -a "list" -d 'List the archive units that the journal knows'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -f -a "search" -d 'Search the archive by the units\' indexes'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -f -a "get" -d 'Write the files of an archived submission into a folder, each verified'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -f -a "import" -d 'Take an archive unit into this window'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -f -a "prune" -d 'Let what is archived leave the active store'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and not __fish_seen_subcommand_from make verify list search get import prune notice" -f -a "notice" -d 'The notice of a unit for the coordinating body (R 5.10)'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from make" -l before -d 'Whatever is unchanged since before this moment (a day in Baku, or RFC 3339) [default: [archive] after]' -r
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from make" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from make" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from make" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from verify" -l sample -d 'Only so many submissions, chosen at random over all units' -r
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from verify" -l seal -d 'Only if every receipt was sealed by this certificate, published by the window; may be repeated [default: by one in the unit]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from verify" -s p -l protocol -d 'Write the protocol into this file, and replace it [default: with the answer]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from verify" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from verify" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from verify" -l all -d 'All submissions; so it is without --sample as well'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from list" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from list" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from search" -l body -d 'Only of this body, by its slug' -r
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from search" -l dataset -d 'Only of this dataset' -r
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from search" -l period -d 'Only of this period, as 2026-Q3' -r
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from search" -l decision -d 'Only with this decision' -r
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from search" -l limit -d 'At most so many' -r
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from search" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from search" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from search" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from get" -s o -l out -d 'The folder to make; it must not be there yet' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from get" -l unit -d 'From this unit, by its name or file [default: the latest that has it]' -r
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from get" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from get" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from import" -l seal -d 'Only if every receipt in it was sealed by this certificate, published by its window; may be repeated' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from import" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from import" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from prune" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from prune" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from notice" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand archive; and __fish_seen_subcommand_from notice" -f -a "sent" -d 'Journal that the notice of a unit was sent'
complete -c pencere -n "__fish_pencere_using_subcommand post; and not __fish_seen_subcommand_from list retry" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand post; and not __fish_seen_subcommand_from list retry" -f -a "list" -d 'What is owed by mail, and what was given up or came back'
complete -c pencere -n "__fish_pencere_using_subcommand post; and not __fish_seen_subcommand_from list retry" -f -a "retry" -d 'Try again what was given up or came back'
complete -c pencere -n "__fish_pencere_using_subcommand post; and __fish_seen_subcommand_from list" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand post; and __fish_seen_subcommand_from list" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand post; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand post; and __fish_seen_subcommand_from retry" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand post; and __fish_seen_subcommand_from retry" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and not __fish_seen_subcommand_from prepare" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and not __fish_seen_subcommand_from prepare" -f -a "prepare" -d 'Make tables and views in PostgreSQL as its owner, and give the window\'s role its rights'
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and __fish_seen_subcommand_from prepare" -l url -d 'The database as its owner reaches it: postgres://OWNER@HOST/DATABASE [default: [boemis] url]' -r
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and __fish_seen_subcommand_from prepare" -l password-file -d 'The file that holds the owner\'s password, unless PGPASSWORD or PGPASSFILE has it' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and __fish_seen_subcommand_from prepare" -l role -d 'The role that loads [default: the user of [boemis] url]' -r
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and __fish_seen_subcommand_from prepare" -l reader -d 'A role that reads tables and views and may do nothing else; may be given several times' -r
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and __fish_seen_subcommand_from prepare" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and __fish_seen_subcommand_from prepare" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand boemis; and __fish_seen_subcommand_from prepare" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand config; and not __fish_seen_subcommand_from check diff" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand config; and not __fish_seen_subcommand_from check diff" -f -a "check" -d 'Name every mistake of the configuration at once, each with file, line and key'
complete -c pencere -n "__fish_pencere_using_subcommand config; and not __fish_seen_subcommand_from check diff" -f -a "diff" -d 'Show what changed in the configuration since it came into force'
complete -c pencere -n "__fish_pencere_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand config; and __fish_seen_subcommand_from check" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand config; and __fish_seen_subcommand_from diff" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand config; and __fish_seen_subcommand_from diff" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand config; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand participants; and not __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand participants; and not __fish_seen_subcommand_from list" -f -a "list" -d 'List the participants: their competence, how they are answered, and whether they are suspended'
complete -c pencere -n "__fish_pencere_using_subcommand participants; and __fish_seen_subcommand_from list" -l at -d 'As of this day in Baku, as 2026-09-30 [default: today]' -r
complete -c pencere -n "__fish_pencere_using_subcommand participants; and __fish_seen_subcommand_from list" -l lang -d 'The language of what stands around the rows: az (Azərbaycan dili) or en (English)' -r -f -a "az\t'Azərbaycan dili'
en\t'English'"
complete -c pencere -n "__fish_pencere_using_subcommand participants; and __fish_seen_subcommand_from list" -l format -d 'The form of the answer' -r -f -a "table\t'For a terminal'
csv\t'For a spreadsheet: byte order mark, ; and decimal comma; no cell acts as a formula'
json\t'For programs: one value, figures as exact decimals in text'
xlsx\t'A workbook, with figures as numbers'"
complete -c pencere -n "__fish_pencere_using_subcommand participants; and __fish_seen_subcommand_from list" -s o -l output -d 'Write into this file, and replace it [default: stdout]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand participants; and __fish_seen_subcommand_from list" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand participants; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand persons; and not __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand persons; and not __fish_seen_subcommand_from list" -f -a "list" -d 'List the responsible persons: rights, active period, and when their certificates end'
complete -c pencere -n "__fish_pencere_using_subcommand persons; and __fish_seen_subcommand_from list" -l participant -d 'Only this participant\'s' -r
complete -c pencere -n "__fish_pencere_using_subcommand persons; and __fish_seen_subcommand_from list" -l at -d 'As of this day in Baku, as 2026-09-30 [default: today]' -r
complete -c pencere -n "__fish_pencere_using_subcommand persons; and __fish_seen_subcommand_from list" -l lang -d 'The language of what stands around the rows: az (Azərbaycan dili) or en (English)' -r -f -a "az\t'Azərbaycan dili'
en\t'English'"
complete -c pencere -n "__fish_pencere_using_subcommand persons; and __fish_seen_subcommand_from list" -l format -d 'The form of the answer' -r -f -a "table\t'For a terminal'
csv\t'For a spreadsheet: byte order mark, ; and decimal comma; no cell acts as a formula'
json\t'For programs: one value, figures as exact decimals in text'
xlsx\t'A workbook, with figures as numbers'"
complete -c pencere -n "__fish_pencere_using_subcommand persons; and __fish_seen_subcommand_from list" -s o -l output -d 'Write into this file, and replace it [default: stdout]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand persons; and __fish_seen_subcommand_from list" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand persons; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand stations; and not __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand stations; and not __fish_seen_subcommand_from list" -f -a "list" -d 'List the station register as of a day'
complete -c pencere -n "__fish_pencere_using_subcommand stations; and __fish_seen_subcommand_from list" -l participant -d 'Only this participant\'s' -r
complete -c pencere -n "__fish_pencere_using_subcommand stations; and __fish_seen_subcommand_from list" -l type -d 'Only of this type, as hydro or solar' -r
complete -c pencere -n "__fish_pencere_using_subcommand stations; and __fish_seen_subcommand_from list" -l at -d 'As of this day in Baku, as 2026-09-30 [default: today]' -r
complete -c pencere -n "__fish_pencere_using_subcommand stations; and __fish_seen_subcommand_from list" -l lang -d 'The language of what stands around the rows: az (Azərbaycan dili) or en (English)' -r -f -a "az\t'Azərbaycan dili'
en\t'English'"
complete -c pencere -n "__fish_pencere_using_subcommand stations; and __fish_seen_subcommand_from list" -l format -d 'The form of the answer' -r -f -a "table\t'For a terminal'
csv\t'For a spreadsheet: byte order mark, ; and decimal comma; no cell acts as a formula'
json\t'For programs: one value, figures as exact decimals in text'
xlsx\t'A workbook, with figures as numbers'"
complete -c pencere -n "__fish_pencere_using_subcommand stations; and __fish_seen_subcommand_from list" -s o -l output -d 'Write into this file, and replace it [default: stdout]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand stations; and __fish_seen_subcommand_from list" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand stations; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand profile; and not __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand profile; and not __fish_seen_subcommand_from export" -f -a "export" -d 'Give out what the window\'s verdict rests on, so that agencies may check at home'
complete -c pencere -n "__fish_pencere_using_subcommand profile; and __fish_seen_subcommand_from export" -s o -l out -d 'Write it here, replacing what stands there' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand profile; and __fish_seen_subcommand_from export" -l key -d 'The private key that signs it (PEM); never the seal\'s' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand profile; and __fish_seen_subcommand_from export" -l cert -d 'Its certificate (PEM); further ones in the file, from its issuer on, go with the signature' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand profile; and __fish_seen_subcommand_from export" -l config -d 'The window\'s configuration [default: $PENCERE_CONFIG, else /etc/pencere/pencere.toml]' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand profile; and __fish_seen_subcommand_from export" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand profile; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c pencere -n "__fish_pencere_using_subcommand identity; and not __fish_seen_subcommand_from probe" -s h -l help -d 'Print help'
complete -c pencere -n "__fish_pencere_using_subcommand identity; and not __fish_seen_subcommand_from probe" -f -a "probe" -d 'Read a certificate, or a signed file, and say what to configure for it'
complete -c pencere -n "__fish_pencere_using_subcommand identity; and __fish_seen_subcommand_from probe" -l participant -d 'The participant that the entry is for, by its name in the registry' -r
complete -c pencere -n "__fish_pencere_using_subcommand identity; and __fish_seen_subcommand_from probe" -l out-dir -d 'Write the certificates, in PEM and named by their fingerprints, into this folder' -r -F
complete -c pencere -n "__fish_pencere_using_subcommand identity; and __fish_seen_subcommand_from probe" -l format -d 'Text for people, or exactly one JSON value on stdout for programs' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c pencere -n "__fish_pencere_using_subcommand identity; and __fish_seen_subcommand_from probe" -s h -l help -d 'Print help (see more with \'--help\')'
