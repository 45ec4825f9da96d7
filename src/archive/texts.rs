//! What stands in a unit and beside it for people: the reading guide, the note as a page, the notice (R 5.7.3, R 5.10).
//!
//! In Azerbaijani, in the words of the Rules; made from the note and from nothing else.

use super::note::{Count, Note};
use crate::document::BAKU;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// `OXU.txt`: what the unit is, how it is checked, and what each file of it is.
pub fn guide(note: &Note) -> String {
    let Note { unit, window, .. } = note;
    let test = match window.environment == "test" {
        true => "\nBU SINAQDIR: vahid sınaq pəncərəsindədir və hüquqi qüvvəsi yoxdur.\n",
        false => "",
    };
    format!(
        "ARXİV VAHİDİ {unit}
{name} ({id})
{test}
1. Bu nədir

Bu ZIP faylı BOEMİS inteqrasiya pəncərəsinin arxiv vahididir. İçində qurumların pəncərəyə təqdim etdiyi və aktiv
istifadə müddəti bitmiş sənədlər saxlanılır. Sənədlərin əsli dəyişdirilmədən, olduğu kimi qalır. Eyni məlumat onun
yanında açıq formatda (CSV və JSON) da var. Fayllar sıxılmayıb, vahidi istənilən ZIP proqramı açır.

2. Bütövlüyünü necə yoxlamalı

    sha256sum {unit}.zip
    unzip {unit}.zip -d {unit}
    cd {unit}
    sha256sum -c SHA256SUMS

Birinci əmrin cavabı pəncərənin jurnalında və Əlaqələndirici quruma göndərilən məlumatda yazılmış SHA-256 ilə eyni
olmalıdır. Sonuncu əmr hər faylın qarşısında \"OK\" yazmalıdır. Başqa cavab faylın dəyişdirildiyini bildirir.

3. Qovluqlar və fayllar

    OXU.txt                     bu təlimat
    NOTE.json, NOTE.txt         arxiv qeydi: saylar, tarixlər, SHA-256 cəmləri, qısa statistika
    SHA256SUMS                  hər faylın SHA-256 cəmi
    index.csv                   axtarış üçün cədvəl: hər sənədə bir sətir
    schemas/                    məlumat toplularının təsviri, XML sxemi və CSV cədvəlinin sxemi
    certificates/seal-*.pem     qəbzləri möhürləyən sertifikat
    certificates/log-*.pem      şəffaflıq jurnalı açarının sertifikatı
    certificates/signer-*.pem   imzalayanın sertifikatı və ondan etibar mərkəzinə qədər olan zəncir
    grounds/                    qərarların əsasları: o vaxtkı konfiqurasiya faylları və onların siyahıları, hər birinin
                                adı öz SHA-256 cəmidir
    submissions/<id>/           bir sənədə aid olan hər şey:
        original/               sənədin əsli və, ayrıca göndərilibsə, imza faylı
        receipts/*.xml          pəncərənin möhürlü qəbzləri (hüquqi sübut bunlardır)
        receipts/*.txt          həmin qəbzlər oxumaq üçün səhifə şəklində
        records.csv             qəbul edilmiş sənədin yazıları, birinci sətir sütunların adlarıdır
        records.json            həmin yazılar JSON formatında
        judgement/              hər qərarın dosyesi: qərarı sübutdan təkrarlamaq üçün lazım olan qalan məlumat
        journal.jsonl           jurnalın bu sənəd haqqında sətirləri

Adında hərf, rəqəm, nöqtə, defis və alt xəttdən başqa işarə olan sənəd burada \"document\" adı ilə saxlanılır; əsl adı
index.csv cədvəlinin \"name\" sütununda yazılıb. \"records\" faylları yalnız qəbul edilmiş sənədlərdə olur: rədd edilmiş
sənədin məlumatı BOEMİS-ə yüklənməyib.

4. index.csv cədvəlinin sütunları

    number    sonuncu qəbzin nömrəsi            revision  redaksiya
    id        sənədin pəncərədəki kodu          decision  qərar (aşağıda)
    body      təqdim edən qurum                 received  qəbul vaxtı (UTC)
    dataset   məlumat toplusu                   name      sənədin göndərildiyi ad
    period    dövr: il və ya rüb                sha256    sənədin SHA-256 cəmi

Qərarlar: accepted (qəbul edilib), rejected (rədd edilib), duplicate (təkrardır), contested (qəbul edildikdən sonra
imzası şübhə altına düşüb və məlumat BOEMİS-də qüvvədən çıxıb).

5. Qəbzi necə yoxlamalı

    xmlsec1 --verify --enabled-key-data key-name --pubkey-cert-pem certificates/seal-….pem \\
        --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties submissions/<id>/receipts/<nömrə>.xml

Sertifikatın pəncərənin dərc olunmuş möhür sertifikatı olduğuna əmin olun. \"pencere archive verify\" əmri eyni
yoxlamanı bütün vahid üçün edir və iki tərəfin imzası üçün protokol yazır.
",
        name = window.name,
        id = window.id,
    )
}

/// `NOTE.txt`: the note as a page.
pub fn note(note: &Note) -> String {
    let Note { unit, window, maker, received, last_event, submissions, files, octets, .. } = note;
    let ([first, last], last_event) = (received.each_ref().map(|at| baku(at)), baku(last_event));
    let mut page = format!(
        "ARXİV QEYDİ
Vahidin adı:              {unit}
Pəncərə:                  {name} ({id})
Hazırlayan proqram:       {maker}
Əsas:                     Qaydaların 3.4.6-cı yarımbəndi, aktiv istifadə müddətinin bitməsi
Sənədlər qəbul edilib:    {first} – {last} (Bakı)
Sonuncu hadisə:           {last_event} (Bakı)
Sənədlərin sayı:          {submissions}
Faylların sayı:           {files}
Həcmi, bayt:              {octets}
Sənədlərin SHA-256 cəmi:  {of_submissions}
index.csv, SHA-256:       {of_index}
",
        name = window.name,
        id = window.id,
        of_submissions = note.submissions_sha256,
        of_index = note.index_sha256,
    );
    let statistics = &note.statistics;
    let parts = [
        ("Məlumat toplusu üzrə", &statistics.by_dataset),
        ("Qurum üzrə", &statistics.by_body),
        ("Qəbul ili üzrə", &statistics.by_year),
        ("Qərar üzrə", &statistics.by_decision),
    ];
    for (title, counts) in parts {
        page.push_str(&format!("\n{title}:\n{}", table(counts)));
    }
    page
}

/// A moment of the note for people, in Baku and to the second; what is none, as it stands.
fn baku(at: &str) -> String {
    let moment = at.parse().map(|at: Timestamp| BAKU.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string());
    moment.unwrap_or_else(|_| at.to_owned())
}

fn table(counts: &BTreeMap<String, Count>) -> String {
    let line = |(name, Count { submissions, octets }): (&String, &Count)| {
        format!("    {name:<20} {submissions:>8} sənəd {octets:>15} bayt\n")
    };
    counts.iter().map(line).collect()
}

/// The notice for the coordinating body (R 5.10).
pub fn notice(note: &Note, sha256: &str, made: Date, due: Date) -> String {
    let Note { unit, window, submissions, files, octets, received, .. } = note;
    let [first, last] = received.each_ref().map(|at| baku(at));
    format!(
        "ƏLAQƏLƏNDİRİCİ QURUMA
Arxivləşdirmə haqqında məlumat

“Dövlət informasiya ehtiyatları və sistemlərinin formalaşdırılması, aparılması, inteqrasiyası və arxivləşdirilməsi
Qaydaları”nın 5.10-cu bəndinə əsasən bildiririk ki, {made} tarixində aşağıdakı informasiya arxivləşdirilib:

İnformasiya sistemi:      {name} ({id})
Arxiv vahidi:             {unit}.zip
SHA-256:                  {sha256}
Sənədlərin sayı:          {submissions}
Faylların sayı və həcmi:  {files} fayl, {octets} bayt
Sənədlər qəbul edilib:    {first} – {last} (Bakı)
Arxivləşdirmə tarixi:     {made}
Son təqdim tarixi:        {due} (3 iş günü)

Məsul şəxs: ______________________________   İmza: ____________________   Tarix: ______________
",
        name = window.name,
        id = window.id,
    )
}
