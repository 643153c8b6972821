extension Speech {
    /// The engine's sentences in Arabic, by their English words; `{}` are their values, in the same order.
    static let arabicSentences: [String: String] = [
        // ما الذي لم يضع، وما العمل.
        "nothing was lost": "لم يضع شيء",
        "nothing was changed": "لم يتغيّر شيء",
        "nothing was sent": "لم يُرسل شيء",
        "nothing was sent to it": "لم يُرسل إليه شيء",
        "nothing was lost on this device": "لم يضع شيء على هذا الجهاز",
        "nothing was lost: it stays queued": "لم يضع شيء: ما ينتظر باقٍ في الانتظار",
        "nothing was lost: the message stays queued": "لم يضع شيء: الرسالة باقية في الانتظار",
        "nothing was lost: what is queued stays queued": "لم يضع شيء: ما ينتظر باقٍ في الانتظار",
        "nothing was lost: what was queued will be sent": "لم يضع شيء: ما ينتظر سيُرسل",
        "nothing was lost: it will be done by a later command": "لم يضع شيء: سيتمّ ذلك مع أمر لاحق",
        "nothing was lost: the change will be made later": "لم يضع شيء: سيتمّ التغيير لاحقًا",
        "nothing was lost: this device has joined nothing": "لم يضع شيء: لم ينضمّ هذا الجهاز إلى شيء",
        "nothing was lost: the key is still in the vault": "لم يضع شيء: المفتاح ما زال في الخزنة",
        "nothing was lost, and nothing was sent around the proxy": "لم يضع شيء، ولم يُرسل شيء دون الوكيل",
        "what was on this device still is": "ما كان على هذا الجهاز باقٍ",
        "what was read stays; what was queued is not sent": "ما قُرئ باقٍ، وما كان ينتظر لا يُرسل",
        "try again": "أعد المحاولة",
        "try again later": "أعد المحاولة لاحقًا",
        "run it again": "شغّل الأمر مرة أخرى",
        "check what belongs to this home, and run it again": "راجع ما يفتح هذا المجلد، ثم شغّل الأمر مرة أخرى",
        "check the path and who may use it, and run it again":
            "راجع المسار ومن يحقّ له استعماله، ثم شغّل الأمر مرة أخرى",
        "then run it again": "ثم شغّل الأمر مرة أخرى",
        "run it again; if it stays so, tell the relay's operator": "شغّل الأمر مرة أخرى، فإن تكرّر فأخبر مشغّل المُرحِّل",
        "check the connection and run it again": "راجع الاتصال ثم شغّل الأمر مرة أخرى",
        "check that the proxy runs, and its address": "راجع عنوان الوكيل وهل هو يعمل",
        "tell the relay's operator": "أخبر مشغّل المُرحِّل",
        "tell the relay's operator and try again": "أخبر مشغّل المُرحِّل وأعد المحاولة",
        "tell the member's organisation": "أخبر منظمة ذلك العضو",
        "install the newer program": "ثبّت البرنامج الأحدث",
        "report it with this text, which holds no secrets": "أبلغ عنه مع هذا النص، فليس فيه أسرار",
        "set this device's clock": "اضبط ساعة هذا الجهاز",
        "shorten it": "اختصره",
        "shorten it, or send it as a file": "اختصره، أو أرسله ملفًّا",
        "choose another home": "اختر مجلدًا آخر بـ \u{200E}--home",

        // الانضمام والقبول.
        "this device has not been admitted yet": "لم يُقبل هذا الجهاز بعد",
        "run join again, and wait": "شغّل aadr-msg join مرة أخرى وانتظر",
        "the request has not been approved yet": "لم تصدر الموافقة على الطلب بعد",
        "read the code to the admin, and run join again with the same home":
            "اقرأ الرمز على المشرف، ثم شغّل aadr-msg join مرة أخرى بالمجلد نفسه",
        "the invitation has expired": "انتهت صلاحية الدعوة",
        "the invitation has expired without having been approved": "انتهت صلاحية الدعوة دون موافقة",
        "ask for another one, and join from a new home": "اطلب دعوة أخرى، وانضمّ من مجلد جديد",
        "invite again": "ادعُ من جديد",
        "a new organisation is never admitted without its code": "لا تُقبل منظمة جديدة دون رمزها",
        "ask the joiner to read the code out, and approve with it": "اطلب من صاحب الطلب أن يقرأ الرمز، واقبله به",
        "this is not the code of that request: nobody was admitted": "ليس هذا رمزَ ذلك الطلب: لم يُقبل أحد",
        "ask the joiner to read it out again; if it stays wrong, deny the request and invite anew":
            "اطلب من صاحبه أن يقرأه مرة أخرى؛ فإن بقي خاطئًا فارفض الطلب وادعُ من جديد",
        "the request breaks a rule, or has expired: nobody was admitted":
            "هذا الطلب يخالف قاعدة، أو انتهت صلاحيته: لم يُقبل أحد",
        "that device has been admitted already": "قُبل هذا الجهاز من قبل",
        "have it removed by an admin of its organisation": "اطلب من مشرف في منظمته أن يزيله",
        "the admission is on its way to the relay, and may have taken effect":
            "قبوله في الطريق إلى المُرحِّل، وربما تم",
        "run aadr-msg recv, and deny the request again": "شغّل aadr-msg recv، ثم ارفض الطلب مرة أخرى",
        "no request {} is waiting": "لا طلب {} في الانتظار",
        "list those that are: aadr-msg requests": "يعرض الطلبات: aadr-msg requests",
        "{} is a member organisation already": "{} منظمة عضو من قبل",
        "its own admins invite its people": "مشرفوها يدعون أفرادها",
        "only the founder admits organisations in the founding phase, and a quorum afterwards":
            "في مرحلة التأسيس لا يُدخل المنظمات إلا المؤسس، وبعدها النصاب",
        "ask the founding organisation, or propose the new one":
            "اطلب ذلك من المنظمة المؤسِّسة، أو اقترح المنظمة الجديدة",
        "the admission breaks a rule of the coalition's policy: {}": "هذا القبول يخالف قاعدة من سياسة التحالف: {}",
        "tell the admin who invited you, by a channel you trust; somebody may have interfered":
            "أخبر المشرف الذي دعاك، بوسيلة تثق بها؛ فربما تدخّل أحد",
        "this home has a member already": "في هذا المجلد عضو من قبل",
        "this home has begun to join on another invitation": "بدأ في هذا المجلد انضمامٌ بدعوة أخرى",
        "this is not an invitation: one begins with aadr-invitation-1.":
            "ليست هذه دعوة: تبدأ الدعوة بـ aadr-invitation-1.",
        "the invitation is incomplete or mistyped: copy the whole of it once more":
            "الدعوة ناقصة أو فيها خطأ: انسخها كاملةً مرة أخرى",
        "the invitation was made by a newer version of this program: install that one":
            "صنعت الدعوةَ نسخةٌ أحدث من هذا البرنامج: ثبّتها",
        "the invitation is not well-formed, though complete: ask for another one":
            "الدعوة كاملة ولكنها غير سليمة: اطلب غيرها",

        // من يحقّ له ماذا.
        "only an admin of the organisation may do this, on the admin's own device":
            "لا يفعل هذا إلا مشرف في المنظمة، على جهازه",
        "ask an admin of the organisation concerned": "اطلبه من مشرف في تلك المنظمة",
        "the organisation has no access token of the relay on this device":
            "ليس على هذا الجهاز رمز دخول للمنظمة إلى المُرحِّل",
        "ask the organisation's admin or the relay's operator for one: aadr-msg settings --relay-token takes it":
            "اطلبه من مشرف المنظمة أو مشغّل المُرحِّل، وأدخله بالأمر aadr-msg settings --relay-token",
        "the relay makes no more mailboxes for this invitation: it has been used, or it is over":
            "لم يعد المُرحِّل ينشئ صناديق لهذه الدعوة: لقد استُعملت، أو انتهت صلاحيتها",
        "ask for another, and join from a new home; say if it was not you who used this one: somebody has read it":
            "اطلب دعوة أخرى وانضمّ من مجلد جديد، وإن لم تكن أنت من استعمل هذه فأخبر من أرسلها: لقد قرأها غيرك",
        "ask the relay's operator for a token; who has joined takes it with aadr-msg settings --relay-token":
            "اطلب رمز دخول من مشغّل المُرحِّل؛ ومن انضم يدخله بالأمر aadr-msg settings --relay-token",
        "ask the relay's operator for a new token; who has joined takes it with aadr-msg settings --relay-token":
            "اطلب رمز دخول جديدًا من مشغّل المُرحِّل؛ ومن انضم يدخله بالأمر aadr-msg settings --relay-token",
        "it may have expired or been taken back": "ربما انتهت صلاحيته أو سُحب",
        "ask an admin of the organisation to admit it again": "اطلب من مشرف في المنظمة أن يقبله من جديد",
        "a device cannot remove itself": "لا يُخرج جهازٌ نفسه",
        "remove it from another device": "أخرجه من جهاز آخر",
        "{} is not in the coalition": "{} ليس في التحالف",
        "list who is: aadr-msg members": "يعرض الأعضاء: aadr-msg members",
        "{} cannot be reached yet: no device of theirs has left a KeyPackage":
            "لا يمكن الوصول إلى {} بعد: لم يضع أي جهاز من أجهزته مفتاحًا",
        "it will be sent when they have been online": "ستُرسل حين يتصل بالشبكة",
        "nothing is encrypted to this conversation: {}": "لا يُشفَّر شيء لهذه المحادثة: {}",
        "run aadr-msg recv: the device may have just come, or left":
            "شغّل aadr-msg recv: ربما انضم ذلك الجهاز الآن أو غادر",
        "the coalition's rules do not allow this change: {}": "لا تسمح قواعد التحالف بهذا التغيير: {}",
        "the charter cannot take {} ({})": "لا يمكن إدراج {} في ميثاق التحالف ({})",
        "nothing that {} did in this epoch allows to remove it": "لم يفعل {} في هذه الحقبة ما يسمح بإخراجه",
        "for a request to join: deny it and invite anew": "إن كان طلب انضمام فارفضه وادعُ من جديد",

        // الرسائل والإنذارات.
        "the text is longer than {} characters": "النص أطول من {} حرفًا",
        "the alert is larger than a message can be": "الإنذار أكبر مما تسعه رسالة",
        "the alert's element {} is {}": "عنصر الإنذار {}: {}",
        "missing": "ناقص",
        "not of its form": "على غير صورته",
        "too long": "أطول من اللازم",
        "there too often": "مكرّر أكثر من اللازم",
        "there twice": "مذكور مرتين",
        "give it with the option of its name, as the Common Alerting Protocol 1.2 has it":
            "أعطه بالخيار الذي يحمل اسمه، كما يعرّفه CAP 1.2",
        "there is no alert {} on this device": "لا إنذار {} على هذا الجهاز",
        "list those that are: aadr-msg alert list": "يعرض الإنذارات: aadr-msg alert list",
        "there is no message {} on this device": "لا رسالة {} على هذا الجهاز",
        "take the id from recv, or alert list": "خذ المعرّف من aadr-msg recv أو aadr-msg alert list",
        "several messages have the id {}, of different senders": "المعرّف {} لرسائل من أكثر من مرسل",
        "say whose is meant: --from USER@ORG, as recv shows it":
            "قل رسالة من تقصد: \u{2066}--from USER@ORG\u{2069}، كما يعرضه recv",
        "the message {} was sent from this device": "الرسالة {} أُرسلت من هذا الجهاز",
        "others acknowledge it; see who has: aadr-msg alert status {}":
            "غيرك يجيب عنها؛ ولمعرفة من أجاب: \u{2066}aadr-msg alert status {}\u{2069}",
        "the alert {} is another organisation's, which alone may update or cancel it":
            "الإنذار {} لمنظمة أخرى، ولا يعدّله ولا يلغيه غيرها",
        "answer it: aadr-msg ack {}": "أجب عنه: \u{2066}aadr-msg ack {}\u{2069}",
        "this alert was brought in before, for {} alone": "أُدخل هذا الإنذار من قبل، إلى {} فقط",
        "send the others what it says: aadr-msg alert send": "أرسل مضمونه إلى الآخرين: aadr-msg alert send",
        "the alert {} has been cancelled, for good": "أُلغي الإنذار {} نهائيًا",
        "send a new alert": "أرسل إنذارًا جديدًا",
        "other members changed the group faster than this device could":
            "غيّر أعضاءٌ آخرون المجموعة أسرع مما استطاع هذا الجهاز",
        "the group changed faster than a message could be sent": "تغيّرت المجموعة أسرع من إرسال رسالة",
        "this device cannot follow the group any further: {}": "لا يستطيع هذا الجهاز متابعة المجموعة: {}",
        "a Commit cannot be decrypted on this device": "تغييرٌ في العضوية لا يُفكّ تشفيره على هذا الجهاز",
        "a Commit expired before this device read it": "انتهت مدة تغييرٍ في العضوية قبل أن يقرأه هذا الجهاز",
        "this device was removed from the group": "أُخرج هذا الجهاز من المجموعة",
        "the coalition uses a cipher suite that this program does not know":
            "يستعمل التحالف حزمة تشفير لا يعرفها هذا البرنامج",
        "it was stopped before it was done": "أُوقف قبل أن يتمّ",
        "something went wrong that should not: {}": "حدث خلل ما كان ينبغي أن يحدث: {}",

        // المُرحِّل والوكيل.
        "the relay cannot be reached: {}": "لا يمكن الوصول إلى المُرحِّل: {}",
        "the proxy cannot be used: {}": "لا يمكن استعمال الوكيل: {}",
        "the relay did not show the key that it is known by: {}": "لم يُظهر المُرحِّل المفتاح الذي يُعرف به: {}",
        "ask the relay's operator whether its key has changed; somebody may be in between":
            "اسأل مشغّل المُرحِّل هل تغيّر مفتاحه؛ فربما كان أحدٌ في الطريق",
        "the relay answered against the protocol: {}": "أجاب المُرحِّل بما يخالف البروتوكول: {}",
        "the relay refused a request that should be right: {}": "رفض المُرحِّل طلبًا ينبغي أن يكون صحيحًا: {}",
        "the relay speaks versions {} to {} of the protocol, this program others":
            "يتكلم المُرحِّل نسخ البروتوكول من {} إلى {}، وهذا البرنامج غيرها",
        "the relay says that it has the change, and does not show it in the log":
            "يقول المُرحِّل إن التغيير عنده، ولا يعرضه في السجل",
        "the relay says that it has the message, at a place where something else stands":
            "يقول المُرحِّل إن الرسالة عنده، في مكان فيه غيرها",
        "the relay says again and again that it has lost entries": "يقول المُرحِّل مرة بعد مرة إنه فقد مُدخلات",
        "a member named a relay address that is none: {}": "سمّى عضوٌ عنوان مُرحِّل ليس بعنوان: {}",
        "{}: {}": "{}: {}",
        "it does not answer": "لا يجيب",
        "it closed the connection": "أغلق الاتصال",
        "it ended the stream": "أنهى البث",
        "it streams nothing of a mailbox that can be read": "لا يبث شيئًا من صندوق يمكن القراءة منه",
        "the name {} is not found": "الاسم {} غير موجود",
        "Broken pipe": "أُغلق ما يُكتب إليه",
        "Connection refused": "رُفض الاتصال",
        "Connection reset by peer": "قُطع الاتصال",
        "Network is unreachable": "لا طريق إلى الشبكة",
        "No route to host": "لا طريق إلى المضيف",
        "Permission denied": "لا إذن بذلك",
        "No such file or directory": "لا ملف ولا مجلد بهذا الاسم",
        "No space left on device": "لم تبق مساحة على القرص",
        "it does not speak HTTP": "لا يتكلم HTTP",
        "it does not speak HTTP ({})": "لا يتكلم HTTP ‏({})",
        "it does not speak TLS as it should ({})": "لا يتكلم TLS كما ينبغي ({})",
        "TLS failed ({})": "تعذّر TLS ‏({})",
        "it does not speak SOCKS 5": "لا يتكلم SOCKS 5",
        "the certificate is not for this name": "الشهادة ليست لهذا الاسم",
        "nobody vouches for the certificate; an address with a #PIN needs nobody to":
            "لا أحد يشهد للشهادة؛ والعنوان الذي فيه #PIN لا يحتاج إلى ذلك",
        "its key is none of those that the address's #PIN names": "مفتاحه ليس مما يسمّيه #PIN في العنوان",
        "an .onion address is reached through Tor's proxy alone, often socks5://127.0.0.1:9050":
            "لا يوصل إلى عنوان .onion إلا عبر وكيل Tor، وهو غالبًا socks5://127.0.0.1:9050",
        "through a proxy, a relay with a number for a name needs a #PIN in its address":
            "عبر الوكيل، يحتاج المُرحِّل الذي اسمه رقم إلى #PIN في عنوانه",
        "it speaks out of turn": "يتكلم في غير دوره",
        "it takes neither nobody nor a user name and password": "لا يقبل دون اسم ولا باسم وكلمة سر",
        "it asks for a user name and password: {}://USER:PASSWORD@HOST:PORT":
            "يطلب اسمًا وكلمة سر: {}://USER:PASSWORD@HOST:PORT",
        "it refuses the user name and password": "يرفض الاسم وكلمة السر",
        "the proxy could not connect to it": "تعذّر على الوكيل الاتصال به",
        "the proxy does not get to it, and answers {}": "لا يصل إليه الوكيل، ويجيب بالحالة {}",
        "its rules do not allow the relay": "لا تسمح قواعده بالمُرحِّل",
        "the proxy finds no network to it": "لا يجد الوكيل شبكة إليه",
        "the proxy does not find it": "لا يجده الوكيل",
        "it refuses the proxy's connection": "يرفض اتصال الوكيل",
        "the proxy waited too long for it": "طال انتظار الوكيل له",
        "it cannot make such a connection": "لا يستطيع اتصالًا كهذا",
        "it gives reason number {}": "السبب عنده رقم {}",
        "it answers with status {}": "يجيب بالحالة {}",
        "it answers what was not asked": "يجيب عما لم يُسأل",
        "its answer is too long": "جوابه أطول من اللازم",
        "its answer is longer than any may be": "جوابه أطول مما يجوز",
        "its answer of {} bytes is longer than any may be": "جوابه، وهو {} بايت، أطول مما يجوز",
        "its answer has no head": "جوابه بلا رأس",
        "its answer is compressed": "جوابه مضغوط",
        "its answer to {} is malformed ({})": "جوابه عن {} غير سليم ({})",
        "what it streams is malformed ({})": "ما يبثّه غير سليم ({})",
        "what it says about itself is not what a relay says": "ما يقوله عن نفسه ليس مما يقوله مُرحِّل",
        "it names a mailbox that nobody asked for": "يسمّي صندوقًا لم يسأل عنه أحد",
        "a gateway before it answers {}": "أجابت بوابةٌ أمامه بالحالة {}",
        "it answers {} {}": "يجيب بالحالة {} {}",

        // ما يرفضه المُرحِّل، ولماذا.
        "the relay is stopping": "المُرحِّل يتوقف",
        "too much is on its way from and to slow clients": "ما يُنقل من أجهزة بطيئة وإليها أكثر مما يسعه الآن",
        "the disk is full, or the store as large as it may be": "امتلأ القرص، أو بلغ المخزن أكبر حجم له",
        "the disk fails, is full, or can only be read": "تعطّل القرص أو امتلأ أو صار للقراءة فقط",
        "the store can only be read": "المخزن للقراءة فقط",
        "the store's files cannot be opened": "تعذّر فتح ملفات المخزن",
        "the store is busy": "المخزن مشغول",
        "the mailbox is busy": "الصندوق مشغول",
        "PostgreSQL does not answer": "قاعدة PostgreSQL لا تجيب",
        "PostgreSQL sends no notifications": "قاعدة PostgreSQL لا ترسل إشعارات",
        "PostgreSQL's replica does not confirm": "نسخة PostgreSQL لا تؤكّد",
        "PostgreSQL's disk is full": "امتلأ قرص PostgreSQL",
        "PostgreSQL can only be read": "قاعدة PostgreSQL للقراءة فقط",
        "PostgreSQL is stopping": "قاعدة PostgreSQL تتوقف",
        "PostgreSQL is busy ({})": "قاعدة PostgreSQL مشغولة ({})",
        "The request is not what this operation takes": "ليس هذا ما تأخذه هذه العملية",
        "No such mailbox, capability or right": "لا صندوق كهذا، أو لا حق فيه",
        "The access token is unknown, expired or revoked": "رمز الدخول غير معروف أو منتهٍ أو ملغى",
        "No such operation": "لا عملية كهذه",
        "The operation is not asked for in this way": "لا تُطلب العملية هكذا",
        "The capability belongs to an epoch of another number": "هذا الحق لحقبة أخرى",
        "An advance has ended the epoch": "انتهت الحقبة",
        "There is an advance that the request does not name": "هناك تغيير لا يذكره الطلب",
        "The entry id belongs to an entry of another epoch": "رقم المُدخل لمُدخل في حقبة أخرى",
        "A capability hash is already known in this mailbox": "هذا الحق معروف في الصندوق من قبل",
        "The mailbox exists, with another epoch or other grants": "الصندوق موجود، بحقبة أو حقوق أخرى",
        "The part is there, with other bytes": "الجزء موجود بمحتوى آخر",
        "The relay's store is not the one that the cursor belongs to": "مخزن المُرحِّل غير الذي قُرئ منه من قبل",
        "The request is longer than any may be": "الطلب أطول مما يجوز",
        "The request's header fields are longer than this relay reads": "ترويسات الطلب أطول مما يقرؤه هذا المُرحِّل",
        "The body must be application/octet-stream": "يجب أن يكون المحتوى application/octet-stream",
        "An entry's body or a blob's part has a length that is not allowed": "طول المُدخل أو الجزء غير مسموح",
        "The retention is longer than this relay allows": "مدة الحفظ أطول مما يسمح به هذا المُرحِّل",
        "The capability has no uses left": "لم يبق لهذا الحق استعمال",
        "The access token has no mailboxes left": "لم تبق لرمز الدخول صناديق",
        "No more advances may leave this epoch": "لا تغيير آخر من هذه الحقبة",
        "No more grants fit into this epoch": "لا حقوق أخرى في هذه الحقبة",
        "The mailbox holds as much as this relay allows": "امتلأ الصندوق بقدر ما يسمح به هذا المُرحِّل",
        "A fault of the relay; nothing was stored": "خلل في المُرحِّل؛ لم يُحفظ شيء",
        "Asked too often; ask again later": "الطلبات أكثر مما يجوز؛ أعد الطلب لاحقًا",
        "The relay has as many connections as it may; ask again later":
            "بلغت اتصالات المُرحِّل حدّها؛ أعد الطلب لاحقًا",
        "No more subscriptions or waiting reads for now; ask again later":
            "لا مكان الآن لمتابعة أو انتظار آخر؛ أعد الطلب لاحقًا",
        "The relay cannot take this now; ask again": "لا يستطيع المُرحِّل أخذ هذا الآن؛ أعد الطلب",

        // المجلد والخزنة.
        "there is no vault here: found a coalition or join one first": "لا خزنة هنا: أسّس تحالفًا أو انضمّ إلى واحد أولًا",
        "there is a vault here already: choose another home": "هنا خزنة من قبل: اختر مجلدًا آخر بـ \u{200E}--home",
        "the passphrase or key file does not open this vault": "عبارة المرور أو ملف المفتاح لا يفتح هذه الخزنة",
        "this vault opens with a passphrase, not with a key file": "تُفتح هذه الخزنة بعبارة مرور، لا بملف مفتاح",
        "this vault opens with a key file, not with a passphrase": "تُفتح هذه الخزنة بملف مفتاح، لا بعبارة مرور",
        "the vault has format {}, which is newer than this program: install the newer one; nothing was changed":
            "صيغة الخزنة {} أحدث من هذا البرنامج: ثبّت الأحدث؛ لم يتغيّر شيء",
        "the vault is damaged or was tampered with ({}): restore a backup":
            "الخزنة تالفة أو عُبث بها ({}): استعد نسخة احتياطية",
        "another process keeps the vault to itself: try again when it is done; nothing was changed":
            "برنامج آخر يشغل الخزنة: أعد المحاولة حين ينتهي؛ لم يتغيّر شيء",
        "the vault cannot be read or written ({}); nothing was changed":
            "لا يمكن قراءة الخزنة أو الكتابة فيها ({})؛ لم يتغيّر شيء",
        "there is not enough free memory to check the passphrase: close other programs and try again":
            "الذاكرة الحرة لا تكفي لفحص عبارة المرور: أغلق برامج أخرى وأعد المحاولة",
        "the key file does not exist": "ملف المفتاح غير موجود",
        "the key file is not a regular file": "ملف المفتاح ليس ملفًّا عاديًا",
        "others can get at the key file (mode {}): make it private with chmod 600":
            "يصل آخرون إلى ملف المفتاح (الصلاحيات {}): اجعله خاصًّا بـ chmod 600",
        "a key file holds 32 to 4096 random bytes, and this one does not":
            "في ملف المفتاح من 32 إلى 4096 بايت عشوائي، وليس هذا كذلك",
        "the key file cannot be used: {}": "لا يمكن استعمال ملف المفتاح: {}",
        "{} is not a directory": "{} ليس مجلدًا",
        "others may write to {}: make it private with chmod 700": "يستطيع آخرون الكتابة في {}: اجعله خاصًّا بـ chmod 700",
        "cannot make {}": "لا يمكن إنشاء {}",
        "cannot use {}": "لا يمكن استعمال {}",
        "cannot write {}": "لا يمكن كتابة {}",
        "cannot open {}": "لا يمكن فتح {}",
        "cannot read {}": "لا تمكن قراءة {}",
        "cannot remove {}": "لا يمكن حذف {}",
        "the organisation's root key cannot be written: {}": "لا يمكن كتابة المفتاح الجذر للمنظمة: {}",
        "make room in the home directory and run it again": "أفسح مكانًا في المجلد ثم شغّل الأمر مرة أخرى",
        "{} exists already, and is not overwritten": "{} موجود من قبل، ولا يُكتب فوقه",
        "move that file away and run it again": "انقل ذلك الملف ثم شغّل الأمر مرة أخرى",
    ]
}
