//! The table of advice. A sentence stands whole on its line; a row is never taken out, and its id never given away.

use super::Row;

macro_rules! advices {
    ($($name:ident $slug:literal $id:literal $run:literal az: $az:literal, $az_body:literal
       en: $en:literal, $en_body:literal;)*) => {
        /// A kind of log line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Advice {
            $(#[doc = $en] $name,)*
        }

        impl Advice {
            /// All of them, in the order of the catalogue.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub(super) fn row(self) -> Row {
                match self {
                    $(Self::$name => Row {
                        slug: $slug,
                        id: $id,
                        run: $run,
                        az: ($az, $az_body),
                        en: ($en, $en_body),
                    },)*
                }
            }
        }
    };
}

advices! {
    WindowOpen "window-open" "fb5ba9b4fb84429f84f320b18f52b658" "nothing"
        az: "Pəncərə açıqdır",
            "Pəncərə qovluqları izləyir və sənəd qəbul edir."
        en: "The window is open",
            "It watches its folders and takes documents.";
    WindowClosed "window-closed" "4c79bf866bc54d7a80d09f34e6b56938" "nothing"
        az: "Pəncərə bağlanır",
            "Pəncərə qaydada dayandırılır; itən heç nə yoxdur."
        en: "The window closes",
            "It ends in good order; nothing is lost.";
    Answered "answered" "04c04708dbb7422d84ce233a5fe04c56" "nothing"
        az: "Sənədə cavab verildi",
            "Qəbz möhürlənib; sətirdə qərar və aşkarlamalar göstərilir. Sənədin bütün yolu: pencere show SUBMISSION_ID."
        en: "A document was answered",
            "Its receipt is sealed; the line has the decision and the findings. All that happened to it: pencere show SUBMISSION_ID.";
    Halted "halted" "a6442b7c994444698431d1ce42d56225" "pencere status"
        az: "Pəncərə dayandı",
            "Mümkün olmayan vəziyyət yarandı və ya öz diskimiz nasazdır; qəbul dayanıb, heç nəyə toxunulmayıb. Səbəbi aradan qaldırın, `pencere audit verify` ilə yoxlayın, sonra `systemctl start pencere`."
        en: "The window halted",
            "A state that cannot be, or our own disk fails; intake has ended and nothing is touched. Mend the cause, check with `pencere audit verify`, then `systemctl start pencere`.";
    NothingKept "nothing-kept" "f1e8ff459c5943048bb18003519bd0d8" "df -h; pencere status"
        az: "Heç nə saxlanıla bilmir",
            "Disk doludur və ya nasazdır; fayllar öz qovluqlarında qalır. Yer açın və ya diski düzəldin: pəncərə özü davam edəcək."
        en: "Nothing can be kept",
            "The disk is full or fails; the files stay in their folders. Make room or mend the disk: the window goes on by itself.";
    BoemisAway "boemis-away" "281a9df58e014e9f87a89f26d00828a9" "pencere status"
        az: "BOEMİS əlçatan deyil",
            "Verilənlər bazası cavab vermir; sənədlər saxlanılır və baza qayıdanda özləri yenidən yoxlanılır. Bazanın serverinə baxın."
        en: "BOEMİS is away",
            "The database does not answer; documents are held, and tried again by themselves when it is back. See to the database's server.";
    BoemisLacks "boemis-lacks" "3e88bcd03db04b7a8ba09a57a5ff5743" "systemctl reload pencere; pencere status"
        az: "Qəbul olunanlar BOEMİS-də yoxdur",
            "Bazanın köhnə surəti qoyulub və ya yükləmə itib. Yenidən oxutma onları sübutlardan təkrar yükləyir; yüklənməyənin səbəbi jurnaldadır."
        en: "BOEMİS lacks what was accepted",
            "An older copy of the database was put in place, or a load was lost. A reload loads it again from evidence; what cannot be loaded, the log tells with its reason.";
    BoemisStrange "boemis-strange" "971c90127fe846f289bbe2bb31bac6e1" "pencere audit verify"
        az: "BOEMİS-də yad yükləmələr var",
            "Bazada bu pəncərənin qəbul etmədiyi yükləmələr var: başqa pəncərənin bazası ola bilər. [boemis] url-ə və hüquqlara baxın."
        en: "BOEMİS holds loads of somebody else",
            "It holds what this window did not accept: perhaps another window's database. See to [boemis] url, and to who has rights there.";
    BoemisCaughtUp "boemis-caught-up" "48fe553e5b0e429c84b1537361cecc91" "nothing"
        az: "BOEMİS-də itən bərpa olundu",
            "Bazada çatışmayan sənəd təkrar yükləndi və ya qeyd edildi."
        en: "What BOEMİS had lost is there again",
            "What the database lacked was loaded or marked again.";
    EvidenceDamaged "evidence-damaged" "eda054bd255e4048888d85884c077f68" "pencere repair"
        az: "Sübutlar zədələnib",
            "Diskdəki oktetlər yazıldığı kimi deyil. `pencere repair` onları ehtiyatdan, `pencere repair DIR` ehtiyat surətindən bərpa edir. Diskə baxın."
        en: "Evidence is damaged",
            "Octets on the disk are not what was written. `pencere repair` puts them back from the reserve, `pencere repair DIR` from a backup. Look at the disk.";
    EvidenceUnread "evidence-unread" "2bbef625887140b2822a71efa9b356fd" "pencere audit verify"
        az: "Sübutların bir hissəsi oxunmadı",
            "Yoxlama başa çatmadı və ya bir əlavə oxunmur; yenidən cəhd edilir."
        en: "Some evidence could not be read",
            "The verification did not come to its end, or an annex cannot be read; it is tried again.";
    ReceiptUnpublished "receipt-unpublished" "6929b8ebaae24f6b8016aaf39b427212" "pencere status"
        az: "Qəbz öz qovluğuna qoyula bilmədi",
            "Qəbz möhürlənib və saxlanılır; hər baxışda yenidən cəhd edilir. İştirakçının receipts/ qovluğunun sahibinə, icazələrinə və yerə baxın."
        en: "A receipt could not be laid into its folder",
            "It is sealed and kept, and tried again at each scan. See to owner, mode and room of the participant's receipts/.";
    AnsweredLate "answered-late" "4a7bd0688e76465883ba89fc8b4094f8" "nothing"
        az: "Dayanmadan əvvəl möhürlənən cavab indi verildi",
            "Əvvəlki proses cavabı möhürləyib, verə bilməmişdi."
        en: "What was sealed before the last stop is answered now",
            "The process before had sealed it, and had no time to give it.";
    NotJudged "not-judged" "0af9786901614bb483e773e29e519c12" "journalctl -u pencere -p err; pencere list --state held"
        az: "Sənəd öz xətamıza görə yoxlanıla bilmədi",
            "Sənəd saxlanılır, qalanları davam edir. Bu sətri sənədsiz pencere-ni saxlayanlara göndərin; düzəldilmiş proqram onu özü yoxlayacaq."
        en: "A document could not be judged, by a fault of ours",
            "It is held, others go on. Send this line, without the document, to whoever maintains pencere; a mended program judges it by itself.";
    HeldTooLong "held-too-long" "e052ac7374424c258f826706611e28ee" "pencere list --state held"
        az: "Sənəd çox uzun saxlanılır",
            "hold.max keçib; gözləmək özü heç nəyi rədd etmir. Sətirdəki aşkarlamanın səbəbini aradan qaldırın: pencere show SUBMISSION_ID."
        en: "A document is held for too long",
            "hold.max is over; waiting alone rejects nothing. Mend what its finding names: pencere show SUBMISSION_ID.";
    HeldTooMany "held-too-many" "7cc2de04716043018a88d1acaf279a36" "pencere list --state held"
        az: "İştirakçının çox sənədi saxlanılır",
            "Bəzilərinə qərar verilənədək onun qovluğundan heç nə götürülmür. Adətən səbəb birdir."
        en: "Too much of one participant is held",
            "Nothing more is taken from its folder until some are decided. Usually there is one cause.";
    Contested "contested" "aaa6ee0b665c463a80bde167a5d5a880" "pencere show SUBMISSION_ID"
        az: "Qəbul olunmuş sənəd mübahisəlidir",
            "İmzalayanın sertifikatı imzadan əvvəl ləğv edilib; rəqəmlər qüvvədən çıxır və göndərənə yeni qəbz verilir."
        en: "An accepted document is contested",
            "Its signer's certificate was revoked before; its figures leave what holds, and its sender gets another receipt.";
    SignerUnknown "signer-unknown" "64835b482ae14c1e89177b7601613409" "pencere audit verify"
        az: "Köhnə imzanın sertifikat yolu oxunmur",
            "Sonrakı ləğvetmə bu sənəd üçün yenidən yoxlanıla bilmir."
        en: "The path of an earlier signer cannot be read",
            "A later revocation cannot be looked at again for this document.";
    FolderUnusable "folder-unusable" "c13668f554cc4262865661e2ec5b775e" "ls -la; pencere status"
        az: "İştirakçının qovluğundan istifadə olunmur",
            "Ad, sahib və ya icazələr düzgün deyil; qalanlarına xidmət edilir. Düzəldin: hər baxışda yenidən cəhd edilir."
        en: "A participant's folder cannot be used",
            "Its name, owner or mode is wrong; all others are served. Mend it: it is tried again at each rescan.";
    FileLeft "file-left" "3d07d52af5024d6b8fcbc494a41faa45" "pencere status"
        az: "Fayl yerində qalır",
            "Fayl oxunmadı və ya geri qoyula bilmədi; növbəti baxışda və ya başlanğıcda yenidən cəhd edilir. İcazələrinə baxın."
        en: "A file stays where it is",
            "It could not be read, or not be given back; that is tried again at the next scan or start. See to its mode.";
    FolderRescanned "folder-rescanned" "0a0d007685504943868ce604815e3e36" "nothing"
        az: "Qovluq yalnız vaxtaşırı yoxlanılır",
            "Hadisələr çatmaya bilər; qovluq yenidən yoxlanılır."
        en: "A folder is only rescanned",
            "Events of it may be missing; it is scanned instead.";
    ReloadRefused "reload-refused" "90f207d601ef41038be97b4abfc169f6" "pencere config check"
        az: "Yenidən oxutma rədd edildi",
            "Konfiqurasiyada səhv var; əvvəlki qüvvədə qalır. Səhvləri düzəldin, sonra `systemctl reload pencere`."
        en: "A reload was refused",
            "There is a mistake in the configuration; the old one stays in force. Mend it, then `systemctl reload pencere`.";
    Configuration "configuration" "67b78cbaf40d423c81dc936c3c8c4548" "pencere config check"
        az: "Konfiqurasiyada qəribə məqam var",
            "Pəncərə işləyir; yoxlayın ki, bu, nəzərdə tutulduğu kimidir."
        en: "Something in the configuration is odd",
            "The window works; see whether that is what was meant.";
    RefreshFailed "refresh-failed" "7929b79a3e8f46ca8010b7659e49f446" "pencere status"
        az: "Ləğvetmə məlumatı yüklənmədi",
            "Mövcud siyahı etibarlı olduğu müddətdə sayılır, sonra sənədlər saxlanılır. Ünvana, şəbəkəyə və network.conf-a baxın."
        en: "Revocation data could not be fetched",
            "What is there counts until it is stale; then documents are held. See to the address, the network and network.conf.";
    ReceiptsUnstamped "receipts-unstamped" "d0e5b3e3925f4d81801c19770c359eac" "pencere status"
        az: "Qəbzlər vaxt möhürü olmadan verilir",
            "Qəbzlər etibarlıdır, lakin anı özləri sübut etmir. [seal] tsa ünvanına baxın."
        en: "Receipts go without a time-stamp",
            "They hold, and prove no moment by themselves. See to the address of [seal] tsa.";
    ReserveBehind "reserve-behind" "f2e647e40b694927890bca2136bfb590" "pencere status; df -h"
        az: "Ehtiyat surət pəncərədən geri qalır",
            "Ehtiyatın yerinə yazıla bildiyinə və yer olduğuna baxın; yenidən cəhd edilir."
        en: "The reserve does not follow the window",
            "See that its place can be written and has room; it is tried again.";
    ArchivingFails "archiving-fails" "8788d84a4dac40398893287455c51b2e" "pencere archive make"
        az: "Arxivləşdirmə alınmadı",
            "Arxiv vahidi yaradıla bilmədi və ya vahidin adını daşıyan yad fayl var; qalanlar arxivləşdirilir."
        en: "Archiving fails",
            "A unit could not be made, or a file that the journal does not know bears a unit's name; others are archived.";
    UnitRecovered "unit-recovered" "386a88401eeb450d872c995f824866a1" "nothing"
        az: "Yarımçıq arxiv vahidi nizama salındı",
            "Qəzadan qalan vahid qəbul edildi və ya götürüldü; içindəkilər aktiv saxlancdadır."
        en: "An archive unit that a crash left was put in order",
            "It was taken as made, or taken away; all that is in it lies in the active store.";
    MailAway "mail-away" "0b7b8c46fb36464c8adee01171bbce8a" "pencere post list"
        az: "Poçt göndərilmir",
            "Borc olan cavablar gözləyir və server qəbul edəndə özləri gedəcək. Serverə, parola və network.conf-a baxın."
        en: "No mail goes out",
            "What is owed waits, and goes out by itself once the server takes it. See to the server, the password and network.conf.";
    MailFailed "mail-failed" "ad124b956a564ae88eded463b3801321" "pencere post list"
        az: "Məktub çatdırılmadı",
            "Məktubdan imtina edilib və ya geri qayıdıb. Səbəbi (reyestrdəki ünvan?) düzəldin, sonra `pencere post retry all`."
        en: "A mail did not arrive",
            "It was given up or came back. Mend the cause (the address in the registry?), then `pencere post retry all`.";
    MailRetried "mail-retried" "b3e31fd75a2c43a78b95d659758ef741" "nothing"
        az: "Məktub yenidən göndərilir",
            "Server hələ qəbul etməyib; cəhd davam edir."
        en: "A mail is tried again",
            "No server took it yet; it is tried on.";
    OutboxUnwritable "outbox-unwritable" "10d8ca780b2a4eaf8f5ff767bc51cd4a" "df -h; pencere post list"
        az: "Göndərmə qutusuna yazmaq olmur",
            "Cavablar saxlanılır və qovluqlara qoyulur; poçtla gedən hissə gözləyir. Diskə baxın."
        en: "The outbox cannot be written",
            "Answers are kept, and laid into their folders; what goes by mail waits. See to the disk.";
    MailUnreadable "mail-unreadable" "0c304652afb24c918b04acc3874468e8" "pencere post list"
        az: "Göndərmə qutusunun bir yazısı oxunmur",
            "İçindəki heç kimə getmir: qəbzi əl ilə göndərin (pencere show ID), sonra faylı götürün."
        en: "An entry of the outbox cannot be read",
            "What it holds goes to nobody: send its receipt by hand (pencere show ID), then take the file away.";
    MailboxUnreadable "mailbox-unreadable" "ae5ed4353ec24a618445eb117c98a5c1" "pencere status"
        az: "Poçt qutusu oxunmur",
            "Oradakılar gözləyir. Serverə, parola, sertifikata və network.conf-a baxın."
        en: "A mailbox cannot be read",
            "What lies there waits. See to the server, the password, the certificate and network.conf.";
    MailboxUnmoved "mailbox-unmoved" "01d96e10bffd4a44829accdf407cff7b" "pencere status"
        az: "Məktub yerindən köçürülmür",
            "Cavab verilib, təkrar verilməyəcək; qutunun qovluqlarına yazıla bildiyinə baxın."
        en: "A message cannot be moved",
            "It is answered, and will not be again; see that the mailbox's folders can be written.";
    MailboxPaused "mailbox-paused" "cd761ae8987f4e0488b08fa1aaa42d8b" "pencere config check"
        az: "Poçt qutusu dayandırılıb",
            "Konfiqurasiya onu dayandırır; oradakılar gözləyir."
        en: "A mailbox is paused",
            "The configuration pauses it; what lies there waits.";
    MailboxAnew "mailbox-anew" "636b6fd660d44ecb8976050e34fceac4" "nothing"
        az: "Poçt serveri məktubları yenidən nömrələyib",
            "Hamısına yenidən baxılır; cavab verilənə təkrar cavab verilmir."
        en: "The mail server counts its messages anew",
            "All are looked at again; what is answered is not answered again.";
    LetterRejected "letter-rejected" "5092f941fbe946468868c4704cb4807f" "pencere audit export"
        az: "Məktub qəbul edilmədi",
            "İçində qeydiyyatdakı şəxsin imzası yoxdur; heç kimə cavab verilmir. Jurnalda letter-rejected aktı var."
        en: "A message is rejected, and answered to nobody",
            "Nothing in it is signed by a registered person. The journal has the act letter-rejected.";
    AlertUntold "alert-untold" "63363a000c114baa88aab06ff453bd77" "pencere status"
        az: "Xəbərdarlıq poçtla göndərilmədi",
            "Nəyin səhv olduğu heç kimə çatmadı; yenidən cəhd edilir."
        en: "Nobody could be told by mail of what is wrong",
            "It is tried again; see for yourself.";
    CheckpointKeptBack "checkpoint-kept-back" "8b97fa7999b340cd80017178b7e8552b" "pencere status"
        az: "Nəzarət nöqtəsi yayımlanmır",
            "Şəffaflıq jurnalının nəzarət nöqtəsi yazıla və ya şahidlərə çatdırıla bilmir; yenidən cəhd edilir."
        en: "A checkpoint does not go where it belongs",
            "The transparency log's checkpoint cannot be laid down, or does not reach its witnesses; it is tried again.";
    IndexAnew "index-anew" "3950a70c305a44a381fbdcfbac870b0e" "nothing"
        az: "İndeks yenidən qurulur",
            "İndeks jurnaldan yenidən qurulur; heç nə itmir. Tez-tez təkrarlanırsa, diskə baxın."
        en: "An index is made anew",
            "It is made of the record itself, and nothing is lost by that. Where it comes again and again, look at the disk.";
    TornWrite "torn-write" "85b8a457837340ab87ce4434dd39949a" "pencere audit verify"
        az: "Yarımçıq yazı kəsildi",
            "Elektrik kəsilməsindən qalan, heç vaxt təsdiqlənməmiş yazı idi; heç kimə bildirilməyib."
        en: "A write that was never finished was cut off",
            "A loss of power left it; it was never told to anybody.";
    NoteUnread "note-unread" "68837ba7aacb49f58f5a41404ae7b8c2" "pencere status"
        az: "Qeyd oxunmadı və ya götürülmədi",
            "Əmrin jurnal üçün qoyduğu qeyd; fayl yerində qalır."
        en: "A note for the journal cannot be read or taken away",
            "A command left it; the file stays.";
    WasDown "was-down" "c4fde72e72fe46a68ce27f39b4cfbc79" "pencere downtime"
        az: "Pəncərə fasilə verib",
            "Proses öldürülüb, donub və ya maşın sönüb; fasilə qeydə alınıb (Qaydalar 3.4.3)."
        en: "The window was down or stood still",
            "It was killed or frozen, or the machine went down or slept; the stoppage is registered (Rules 3.4.3).";
    StateUnwritable "state-unwritable" "e92134c7a5454a1a80f5d5720a5c4942" "df -h; pencere status"
        az: "Kiçik qeyd yazıla bilmədi",
            "Həyat əlaməti və ya bir vəziyyət faylı yazılmadı; sənədlərə təsiri yoxdur. Diskə baxın."
        en: "Something small could not be written down",
            "A sign of life or a file of state; documents are not concerned. See to the disk.";
    ManagerUntold "manager-untold" "433d9d999d9f45048943642117ea8c9d" "systemctl status pencere"
        az: "Xidmət menecerinə xəbər verilmədi",
            "Pəncərə işləyir; menecer onu bilməyə bilər."
        en: "The service manager cannot be told",
            "The window works on; the manager may not know it.";
    SealStranger "seal-stranger" "345b233994964eef8c50ee3cf6854321" "journalctl -u pencere-seal; ps -u"
        az: "Möhürə yad proses müraciət edib",
            "Göndərilib; kimin o istifadəçi kimi işlədiyinə baxın."
        en: "Somebody who is not the window called the seal",
            "He was sent away; see who runs as that user.";
    NotShutIn "not-shut-in" "f2d5d3978b584837b1981f6e95356cd0" "pencere status; pencere doctor"
        az: "Proses özünü məhdudlaşdırmayıb",
            "Nüvə bacarmır və ya [sandbox] söndürülüb: işləyən proses lazım olduğundan çox şeyə çata bilər. Paketin systemd vahidi öz məhdudiyyətini saxlayır. Landlock olan nüvədən istifadə edin, [sandbox] açın və xidməti yenidən başladın."
        en: "The process is not shut in",
            "The kernel cannot, or [sandbox] is off: the process reaches more than it needs. The package's unit still holds its own bounds. Use a kernel with Landlock, switch [sandbox] on, and start the service again.";
    SealLine "seal-line" "7803084fc49848ae826a3f06ca4882b1" "systemctl status pencere-seal"
        az: "Möhürlə əlaqə kəsildi və ya möhür imtina etdi",
            "Pəncərə yenidən başlayanda davam edir; sətirdə səbəb göstərilir."
        en: "The line to the seal broke, or nothing was sealed",
            "The window goes on when it starts again; the line says why.";
    NumbersNotGiven "numbers-not-given" "bdaf18d819d24c7183c4a1fda0d072e5" "systemctl restart pencere"
        az: "Göstəricilər verilmir",
            "/metrics köhnədir və ya cavab vermir; sənədlərə təsiri yoxdur."
        en: "The window's numbers are not given, or old",
            "Documents are not concerned; alerts may not come up.";
}
