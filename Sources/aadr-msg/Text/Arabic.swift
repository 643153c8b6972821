extension Speech {
    static func arabic(_ phrase: Phrase) -> String {
        switch phrase {
        // المساعدة: الأوامر.
        case .helpProgram: "رسائل مشفّرة من طرف إلى طرف بين منظمات التحالف."
        case .helpExitStatus:
            """
            رمز الخروج: 0 تمّ؛ 64 خطأ في سطر الأوامر؛ 65 مُدخل غير صالح؛ 69 لا يمكن الوصول إلى المُرحِّل؛ 70 خطأ داخلي؛ \
            73 تعذّرت الكتابة؛ 75 ليس بعد، أعد المحاولة (في الانتظار، أو لم تصدر الموافقة)؛ 76 خالف أحدٌ البروتوكول؛ \
            77 غير مسموح؛ 78 الإعدادات؛ 1 ما عدا ذلك.
            """
        case .helpFound: "تأسيس تحالف، بصفتك أول مشرف في أول منظمة فيه."
        case .exampleFound:
            """
            مثال:
              aadr-msg found --relay 'https://relay.example.org:8443/#PIN' \\
                --relay-token TOKEN --org SMEX --user nadia \\
                --coalition 'التحالف العربي للحقوق الرقمية'
            """
        case .helpInvite: "دعوة زميل، أو أول مشرف في منظمة عضو جديدة."
        case .exampleInvite:
            """
            يطبع سطرًا واحدًا. أرسله بأي وسيلة؛ يصلح لشخص واحد ولسبعة أيام.

            أمثلة:
              aadr-msg invite --user omar
              aadr-msg invite --new-org JOSA --user issa
            """
        case .helpJoin: "الانضمام إلى تحالف بدعوة."
        case .exampleJoin:
            """
            يطبع رمزًا أولًا. اقرأه على من دعاك، بالهاتف أو وجهًا لوجه، ثم انتظر. \
            إن توقّف الأمر فالأمر نفسه يكمل من حيث توقّف.

            مثال:
              aadr-msg join 'aadr-invitation-1.…'
            """
        case .helpRequests: "عرض من يطلب الانضمام."
        case .exampleRequests:
            """
            مثال:
              aadr-msg requests
            """
        case .helpApprove: "قبول طلب انضمام بعد مقارنة الرمز."
        case .exampleApprove:
            """
            يسألك عن الرمز الذي يقرؤه عليك صاحب الطلب. الرمز الخاطئ لا يُدخل أحدًا.

            أمثلة:
              aadr-msg approve 3f2a90c144d05e17
              aadr-msg approve 3f2a90c144d05e17 --code 7KQ2-M4XD-91TA
              aadr-msg approve --all
            """
        case .helpDeny: "رفض طلب انضمام."
        case .exampleDeny:
            """
            مثال:
              aadr-msg deny 3f2a90c144d05e17
            """
        case .helpMembers: "عرض المنظمات والأشخاص والأجهزة."
        case .exampleMembers:
            """
            مثال:
              aadr-msg members
            """
        case .helpSend: "إرسال رسالة."
        case .exampleSend:
            """
            يطبع معرّف الرسالة. إن تعذّر الوصول إلى المُرحِّل تنتظر الرسالة على هذا الجهاز، ورمز الخروج 75.

            أمثلة:
              aadr-msg send --to coalition 'تم توقيف مدوّن الليلة. نحتاج إلى تضامنكم.'
              aadr-msg send --to issa@JOSA --to layan@7amleh 'هل يمكنكما الاتصال بي؟'
              cat statement.txt | aadr-msg send --to coalition -
            """
        case .helpRecv: "عرض الرسائل الواردة."
        case .exampleRecv:
            """
            يعرض الجديد وينتهي. مع ‎--follow يبقى ويعرض الرسائل فور وصولها. \
            لا تُعدّ الرسالة معروضة إلا بعد كتابة سطرها.

            أمثلة:
              aadr-msg recv
              aadr-msg recv --follow --from coalition
              aadr-msg recv --follow --json
              aadr-msg recv --follow --kind alert --exec ./page-on-call
            """
        case .helpStatus: "عرض من أنت، وما ينتظر، وهل كل شيء على ما يرام."
        case .exampleStatus:
            """
            مثال:
              aadr-msg status
            """
        case .helpSettings: "عرض ما اختير لهذا الجهاز أو تغييره."
        case .exampleSettings:
            """
            لا يُبلَّغ أحد بقراءتك إنذارًا إلا إذا فعّلت ذلك. ما يطبعه ‎--json أو يأخذه أمر ‎--exec لا يُعدّ مقروءًا.

            أمثلة:
              aadr-msg settings
              aadr-msg settings --read-receipts on
              aadr-msg settings --relay-token - < token.txt
            """
        case .helpPassphrase: "تغيير ما يفتح هذا المجلد: عبارة المرور أو ملف المفتاح."
        case .examplePassphrase:
            """
            أمثلة:
              aadr-msg passphrase
              aadr-msg passphrase --new-key-file /etc/aadr/key
            """

        // المساعدة: الخيارات والمعاملات.
        case .optionHome:
            "المجلد الذي تُحفظ فيه المفاتيح والرسائل. (متغيّر البيئة: AADR_MSG_HOME. وإلا فمجلد aadr-msg في مجلد بيانات XDG.)"
        case .optionPassphraseFile:
            "ملف فيه عبارة المرور. (متغيّر البيئة: AADR_MSG_PASSPHRASE_FILE. وإلا فالسؤال على الطرفية.)"
        case .optionKeyFile:
            """
            للاستعمال الآلي: ملف بايتات عشوائية، بصلاحيات 0600 أو مما يسلّمه systemd لخدماته (credentials)، بدل عبارة المرور؛ \
            ينشئه found وjoin. \
            (متغيّر البيئة: AADR_MSG_KEY_FILE.)
            """
        case .optionProxy: "الوصول إلى المُرحِّل عبر socks5://HOST:PORT (مثل Tor) أو http://HOST:PORT، ولا طريق غيره."
        case .optionLang: "اللغة التي نخاطبك بها. (وإلا فلغة النظام.)"
        case .optionJSON: "طباعة كائن JSON واحد في كل سطر، للسكربتات."
        case .optionRelay: "عنوان المُرحِّل، من مشغّله."
        case .optionRelayToken: "رمز الدخول إلى المُرحِّل، من مشغّله، أو - للقراءة من الدخل القياسي."
        case .optionCoalition: "اسم التحالف."
        case .optionOrg: "اسم منظمتك: حروف لاتينية وأرقام و'.' و'_' و'-'."
        case .optionUser: "اسمك: حروف لاتينية وأرقام و'.' و'_' و'-'."
        case .optionDevice: "اسم هذا الجهاز."
        case .optionSuite: "حزمة التشفير للتحالف، بصورة نهائية."
        case .optionInviteUser: "اسم المدعوّ."
        case .optionNewOrg: "المنظمة العضو الجديدة التي يكون المدعوّ أول مشرف فيها."
        case .argumentInvitation: "الدعوة، أو - للقراءة من الدخل القياسي."
        case .optionOwnRelayToken: "رمز دخول خاص بمنظمتك، إن أعطاها إياه مشغّل المُرحِّل؛ أو - للقراءة من الدخل القياسي."
        case .optionWait: "كم ثانية ننتظر الموافقة. (وإلا فحتى تنتهي صلاحية الدعوة.)"
        case .argumentRequest: "معرّف الطلب، كما يعرضه requests."
        case .optionCode: "الرمز الذي قرأه عليك صاحب الطلب. (وإلا فالسؤال على الطرفية.)"
        case .optionAll: "قبول كل زميل مدعوّ من منظمتك دون تحقّق. لا يشمل ذلك منظمة جديدة أبدًا."
        case .optionTo: "coalition أو user@org. يمكن تكراره."
        case .argumentText: "النص، أو - للقراءة من الدخل القياسي."
        case .optionFollow: "البقاء وعرض الرسائل فور وصولها."
        case .optionFrom: "ما أُرسل إلى التحالف فقط، أو ما أرسله user@org."
        case .optionKind: "الرسائل من هذا النوع فقط."
        case .optionMark: "هل يُعدّ المعروض الآن مقروءًا (read)، أم يُعرض من جديد في المرة القادمة (none)."
        case .optionExec:
            """
            شغّل أمر الصدفة هذا لكل رسالة، ويصله كائن ‎--json على مدخله القياسي. تُعدّ الرسالة معروضةً متى انتهى الأمر بالقيمة 0؛ \
            وإلا أُعيد تشغيله، ومع ‎--follow بعد مُهَل تطول مرة بعد مرة.
            """
        case .optionExecTimeout: "أنهِ أمر ‎--exec إذا طال أكثر من ذلك، ويُعدّ عندئذ فاشلًا."
        case .badExecTimeout: "يأخذ ‎--exec-timeout عدد ثوانٍ، 1 أو أكثر"
        case .optionNewRelayToken:
            "رمز دخول آخر، من مشغّل المُرحِّل، أو - للقراءة من الدخل القياسي: به تُنشأ المحادثات والدعوات الجديدة على هذا الجهاز."
        case .optionReadReceipts: "هل تُبلَّغ المنظمات المرسلة للإنذارات حين تقرؤها. (وإلا فلا: off.)"
        case .optionNewPassphraseFile: "ملف فيه عبارة المرور الجديدة. (وإلا فالسؤال على الطرفية.)"
        case .optionNewKeyFile: "الفتح بملف المفتاح هذا من الآن؛ يُنشأ إن لم يكن موجودًا."

        // المساعدة: العناوين.
        case .headingOverview: "نبذة"
        case .headingUsage: "الاستعمال"
        case .headingArguments: "المعاملات"
        case .headingOptions: "الخيارات"
        case .headingSubcommands: "الأوامر"
        case .headingHelp: "المساعدة"
        case .parserValues: "(القيم:"
        case .parserDefault: "(ما لم يُحدَّد:"
        case .parserDefaultAfterValues: "؛ ما لم يُحدَّد:"
        case .parserOr: "' أو '"
        case .parserAnd: "' أو '"
        case .helpVersion: "عرض رقم النسخة."
        case .helpHelp: "عرض المساعدة."
        case .helpMore: "لمساعدة مفصّلة: '{command}'"
        case .helpMoreInformation: "للمزيد: '{command}'"
        case .parserDidYouMean: "لا خيار باسم '{option}'. هل قصدت '{suggestion}'؟"
        case .parserUnknownOption: "لا خيار باسم '{option}'"
        case .parserInvalidOption: "خيار غير صالح: {option}"
        case .parserMissingValue: "تنقص قيمة '{option}'"
        case .parserUnexpectedArguments: "كلمات زائدة، وعددها {count}: '{values}'"
        case .parserUnexpectedArgument: "كلمة زائدة: '{value}'"
        case .parserMissingArgument: "ينقص '{argument}'"
        case .parserMissingOneOf: "ينقص واحد من: '{arguments}'"
        case .parserMissingCommand: "ينقص اسم الأمر."
        case .parserOneOfThese: "لا تصلح القيمة '{value}' لـ '{option}'. اختر واحدة من هذه:"
        case .parserOneOf: "لا تصلح القيمة '{value}' لـ '{option}'. اختر واحدة من {values}."
        case .parserInvalidValue: "لا تصلح القيمة '{value}' لـ '{option}'"
        case .parserTakesNoValue: "لا يأخذ الخيار '{option}' قيمة، وقد أُعطي '{value}'."
        case .parserSetTwice: "القيمة في {second} سبق أن حُدّدت في {first}"

        // النتائج.
        case .founded: "تأسّس {coalition}. أنت {member} على الجهاز {device}."
        case .rootKeyAdvice:
            """
            المفتاح الجذر لمنظمتك في هذا الملف:
            {file}
            وحده يحدّد من يتكلم باسم منظمتك: انقله إلى قرص غير متصل بالشبكة، واحفظ نسخة ثانية في مكان آخر.
            """
        case .inviteAdvice:
            """
            أرسل هذا السطر إلى {member} بأي وسيلة. يصلح لشخص واحد حتى {time}.
            سيقرأ عليك رمزًا بالهاتف؛ عندها شغّل هذين الأمرين:
              aadr-msg requests
              aadr-msg approve REQUEST
            """
        case .readCodeAloud:
            """
            اقرأ هذا الرمز على من دعاك، بالهاتف أو وجهًا لوجه؛ لا ترسله كتابةً.
            ننتظر الموافقة. يمكنك إيقاف هذا: الأمر نفسه يكمل بالرمز نفسه.
            """
        case .joined: "أصبحت عضوًا: {member} على الجهاز {device}."
        case .requestOfOrganisation: "{member} على {device}، أول مشرف في المنظمة الجديدة {organisation}"
        case .requestOfColleague: "{member} على {device}، من زملائك"
        case .requestFingerprint: "البصمة {fingerprint}"
        case .requestExpires: "حتى {time}"
        case .noRequests: "لا أحد ينتظر القبول."
        case .askCode: "الرمز الذي يقرؤه عليك {member}:"
        case .admitted: "أصبح {member} عضوًا، على الجهاز {device}. الرمز صحيح."
        case .admittedUnverified: "أصبح {member} عضوًا، على الجهاز {device}. لم يقارن أحدٌ رمزًا: دون تحقّق."
        case .nobodyAdmitted: "لا زميل ينتظر القبول."
        case .denied: "رُفض الطلب {request}. دعوته لاغية."
        case .stateActive: "نشط"
        case .stateIdle: "خامل"
        case .stateRevoked: "ملغى"
        case .verified: "متحقَّق منه"
        case .notVerified: "غير متحقَّق منه"
        case .thisDevice: "هذا الجهاز"
        case .queuedOnly:
            """
            لم تخرج الرسالة إلى {to} بعد. لم يضع شيء: هي تنتظر هنا مشفّرةً، وكل أمر لاحق يعيد المحاولة. ({reason})
            """
        case .notSent: "لم تُرسل إلى {to}: {reason}. تبقى الرسالة على هذا الجهاز."
        case .sent: "أُرسلت: هي عند المُرحِّل، مشفّرةً. والمطبوع معرّفها."
        case .oneMoment: "لحظة من فضلك…"
        case .messageVerified: "من {from} إلى {to} · {time} · متحقَّق منه"
        case .messageNotVerified: "من {from} إلى {to} · {time} · غير متحقَّق منه"
        case .messageReceived: "وصلت إلى هنا {time}"
        case .messageOfKind: "رسالة من النوع {kind}، لا تعرضها هذه النسخة كاملةً؛ معرّفها {id}"
        case .nothingNew: "لا جديد."
        case .following: "ننتظر الرسائل. Ctrl-C للإنهاء."
        case .relayLost: "ننتظر الاتصال ونعيد المحاولة تلقائيًا؛ لم يضع شيء. ({reason})"
        case .relayBack: "عاد المُرحِّل يستجيب."
        case .relayLostElsewhere:
            "لا يمكن الوصول إلى المُرحِّل {relay} الذي تستخدمه منظمة أخرى. ما يأتي عبره ينتظر هناك. ({reason})"
        case .relayBackElsewhere: "عاد المُرحِّل {relay} يستجيب."
        case .followFailing: "تعذّر هذا الآن، وتُعاد المحاولة تلقائيًا: {reason}."
        case .execFailed: "فشل أمر ‎--exec للرسالة {id} ({reason}). الرسالة محفوظة، وسيُعاد تشغيل الأمر."
        case .statusSelf: "أنت {member} على الجهاز {device}."
        case .statusAdmin: "أنت مشرف في {organisation}."
        case .statusNotAdmin: "لست مشرفًا في {organisation}."
        case .statusCoalition: "التحالف: {coalition}؛ {organisations}، {devices}."
        case .statusPostQuantum: "تبادل المفاتيح: X-Wing، آمن حتى أمام الحواسيب الكمومية."
        case .statusClassical: "تبادل المفاتيح: X25519."
        case .statusRelayReachable: "المُرحِّل يستجيب."
        case .statusRelayUnavailable: "المُرحِّل يستجيب، لكنه لا يحفظ الآن ما يصله: {reason}."
        case .statusRelayUnreachable: "لا اتصال: {reason}."
        case .statusWaiting: "ينتظر الإرسال: {queued}. لم يُعرض بعد: {unshown}."
        case .statusNoFindings: "لم يُلحظ خرق للبروتوكول."
        case .statusFindings: "ما لوحظ من خروق البروتوكول حتى الآن: {count}."
        case .statusGroupStopped: "لا يمكن متابعة المحادثة {group}: {reason}"
        case .statusRootKey: "المفتاح الجذر للمنظمة ما زال هنا. انقله إلى مكان غير متصل:\n{file}"
        case .statusExecFailing: "فشل أمر ‎recv --exec للرسالة {id}؛ المحاولات: {attempts}؛ آخرها: {reason}."
        case .askPassphrase: "عبارة المرور:"
        case .askNewPassphrase: "عبارة مرور جديدة (أربع كلمات أو أكثر):"
        case .askPassphraseAgain: "العبارة نفسها مرة أخرى:"
        case .readReceiptsOn: "تُبلَّغ المنظمات المرسلة للإنذارات حين تقرؤها."
        case .readReceiptsOff: "لا يُبلَّغ أحد حين تقرأ إنذارًا."
        case .relayTokenTaken: "يعرف المُرحِّل رمز الدخول الجديد وقد حُفظ. ما كان ينتظره يُرسَل مع أول aadr-msg recv."
        case .passphraseChanged: "تمّ. من الآن لا يفتح هذا المجلدَ إلا الجديد."

        // ما قد يتعثّر هنا.
        case .nothingLost: "لم يضع شيء ولم يتغيّر شيء."
        case .commandLine: "لم نفهم سطر الأوامر"
        case .passphraseAndKeyFile: "استعمل ‎--passphrase-file أو ‎--key-file، لا كليهما."
        case .codeAndAll: "‎--code لطلب واحد: احذف ‎--all أو احذف ‎--code."
        case .requestOrAll: "سمِّ طلبًا واحدًا، أو استعمل ‎--all."
        case .negativeWait: "لا يمكن أن تكون ثواني الانتظار سالبة."
        case .noHome: "لا مجلد تُحفظ فيه المفاتيح والرسائل"
        case .noHomeAdvice: "سمِّ مجلدًا بـ ‎--home DIR أو AADR_MSG_HOME."
        case .noVault: "لم ينضمّ أحد إلى تحالف من هنا بعد: لا خزنة في {home}"
        case .noVaultAdvice:
            "انضمّ بدعوتك: aadr-msg join INVITATION. وإن كنت قد انضممت من مكان آخر فسمِّه بـ ‎--home."
        case .twoKeysInEnvironment: "المتغيّران AADR_MSG_KEY_FILE وAADR_MSG_PASSPHRASE_FILE معيّنان معًا"
        case .twoKeysInEnvironmentAdvice: "ألغِ ما لا يفتح هذا المجلد، أو حدّد أيّهما بخيار."
        case .noKeyAndNoTerminal: "لا عبارة مرور ولا ملف مفتاح، ولا طرفية نسأل عليها"
        case .noKeyAndNoTerminalAdvice:
            "تعطي السكربتات ‎--key-file F (AADR_MSG_KEY_FILE) أو ‎--passphrase-file F (AADR_MSG_PASSPHRASE_FILE)."
        case .passphraseTooShort: "عبارة المرور أقصر من {minimum} حرفًا"
        case .passphraseTooShortAdvice: "اختر أربع كلمات أو أكثر لا صلة لها بك ولا بعضها ببعض."
        case .passphrasesDiffer: "العبارتان مختلفتان"
        case .passphrasesDifferAdvice: "شغّل الأمر مرة أخرى واكتب العبارة نفسها مرتين."
        case .passphraseFileEmpty: "ليس في {file} عبارة مرور من 1 إلى 1024 بايت"
        case .passphraseFileEmptyAdvice: "ضع فيه عبارة المرور في سطر واحد."
        case .noAnswer: "لم يأتِ جواب على الطرفية"
        case .noAnswerAdvice: "شغّل الأمر مرة أخرى حين تكون مستعدًا."
        case .noCodeAndNoTerminal: "لا رمز، ولا طرفية نسأل عليها عنه"
        case .noCodeAndNoTerminalAdvice: "أعطِ الرمز الذي قرأه عليك صاحب الطلب بـ ‎--code."
        case .noSuchRequest: "لا طلب {request} في الانتظار"
        case .noSuchRequestAdvice: "يعرض aadr-msg requests ما ينتظر من الطلبات. انسخ الرقم في السطر الأول."
        case .cannotRead: "لا يمكن قراءة {file}: {reason}"
        case .cannotReadAdvice: "راجع المسار ومن يحقّ له القراءة."
        case .cannotWrite: "تعذّرت كتابة المخرجات: {reason}"
        case .cannotWriteAdvice: "ما لم يُكتب لا يُعدّ معروضًا: شغّل الأمر مرة أخرى."
        case .inputTooLong: "المُدخل أكبر من {maximum} بايت"
        case .inputTooLongAdvice: "اختصره، أو أرسله على أجزاء."
        case .inputNotUTF8: "المُدخل ليس نصًا بترميز UTF-8"
        case .inputNotUTF8Advice: "حوّله أولًا: iconv -t UTF-8"
        case .badName: "{value} لا يصلح اسمًا للخيار {option}"
        case .badNameAdvice: "الاسم من 1 إلى 63 من الحروف A إلى Z والأرقام و'.' و'_' و'-'، يبدأ وينتهي بحرف أو رقم."
        case .badTarget: "{value} ليس عنوانًا نرسل إليه أو نسمع منه"
        case .badTargetAdvice: "اكتب coalition، أو user@org كما يعرضه aadr-msg members."
        case .badRelayAddress: "{value} ليس عنوان مُرحِّل"
        case .badRelayAddressAdvice: "صورته https://HOST:PORT/#PIN؛ يطبعه مشغّل المُرحِّل بالأمر aadr-relay address."
        case .badRelayToken: "ما في ‎--relay-token ليس رمز دخول"
        case .badRelayTokenAdvice: "انسخه مرة أخرى كاملًا مما أرسله مشغّل المُرحِّل."
        case .twiceStandardInput: "لا يمكن أن تأتي الدعوة ورمز الدخول معًا من الدخل القياسي"
        case .twiceStandardInputAdvice: "اكتب أحدهما في سطر الأمر."
        case .badProxy: "{value} ليس عنوان وكيل"
        case .badProxyAdvice:
            "اكتب socks5://HOST:PORT أو http://HOST:PORT؛ ولـ Tor على هذا الجهاز socks5://127.0.0.1:9050"
        case .emptyText: "لا نص للإرسال"
        case .emptyTextAdvice: "اكتب النص بعد العناوين، أو اكتب - وأدخل النص من الدخل القياسي."

        // الإنذارات.
        case .helpAlert: "إرسال الإنذارات وتعديلها ومعرفة من وصلته."
        case .exampleAlert:
            """
            مثال:
              aadr-msg alert list
            """
        case .helpAlertSend: "إرسال إنذار."
        case .exampleAlertSend:
            """
            ‎--lang هنا لغة الإنذار. أعطها مرة لكل لغة، ثم كل نص بعددها وبترتيبها. يجوز أن يرد كلٌّ من ‎--event ، ‎--area مرة واحدة للجميع. \
            كلمات الشدّة والإلحاح واليقين هي كلمات CAP 1.2.

            أمثلة:
              aadr-msg alert send --to coalition --event توقيف --severity Severe \\
                --urgency Immediate --certainty Observed --headline 'توقيف مدوّن'
              aadr-msg alert send --to coalition \\
                --severity Severe --urgency Immediate --certainty Observed \\
                --lang ar --event توقيف --headline 'توقيف مدوّن' \\
                --lang en --event Arrest --headline 'Blogger arrested' \\
                --wait acknowledged --quorum 3 --timeout 600
            """
        case .helpAlertUpdate: "تعديل إنذار أرسلته منظمتك."
        case .exampleAlertUpdate:
            """
            ما لا يُعطى يبقى كما كان؛ ومع ‎--lang لا تبقى إلا اللغات المذكورة.

            مثال:
              aadr-msg alert update ID --severity Extreme
            """
        case .helpAlertCancel: "إلغاء إنذار أرسلته منظمتك، نهائيًا."
        case .exampleAlertCancel:
            """
            مثال:
              aadr-msg alert cancel ID 'أُفرج عنها.'
            """
        case .helpAlertStatus: "عرض ما بلغه الإنذار عند كل منظمة ومن أجاب."
        case .exampleAlertStatus:
            """
            مثال:
              aadr-msg alert status ID --json
            """
        case .helpAlertList: "عرض كل الإنذارات وما زال ساريًا منها."
        case .exampleAlertList:
            """
            مثال:
              aadr-msg alert list
            """
        case .helpAlertImport: "إرسال إنذار من مستند CAP 1.2."
        case .exampleAlertImport:
            """
            المستند الذي سبق أن أرسلته منظمتك لا يُرسل ثانية.

            مثال:
              aadr-msg alert import flood.xml
            """
        case .helpAlertExport: "طباعة إنذار مستندَ CAP 1.2."
        case .exampleAlertExport:
            """
            مثال:
              aadr-msg alert export ID > alert.xml
            """
        case .helpAck: "الإجابة عن إنذار: أخذت منظمتك علمًا به."
        case .exampleAck:
            """
            يرى كل من وصله الإنذار من أجاب وبأي كلمات.

            مثال:
              aadr-msg ack ID 'معكم.'
            """
        case .optionEvent: "نوع الحدث، بكلمة أو كلمتين."
        case .optionHeadline: "الإنذار في سطر واحد."
        case .optionDescription: "ماذا حدث."
        case .optionInstruction: "ما المطلوب."
        case .optionArea: "أين."
        case .optionWeb: "أين نقرأ المزيد."
        case .optionContact: "من نسأل."
        case .optionCategory: "الموضوع. (وإلا فالأمن Security.)"
        case .optionResponse: "نوع الاستجابة المطلوبة."
        case .optionSeverity: "مدى الخطورة."
        case .optionUrgency: "متى نستجيب."
        case .optionCertainty: "مدى التأكد."
        case .optionExpires: "إلى متى يسري: 30m أو 6h أو 2d، أو وقت مثل 2026-11-24T12:00:00+02:00."
        case .optionRestriction: "إلى أي حد يجوز تداوله (TLP 2.0). (وإلا فـ AMBER.)"
        case .optionAlertStatus: "هل هو حقيقي. (وإلا فنعم: Actual.)"
        case .optionWaitState: "البقاء حتى تبلغ الرسالة هذا الحد عند كل منظمة."
        case .optionQuorum: "كم منظمة تكفي."
        case .optionTimeout: "مدة الانتظار بالثواني؛ ثم رمز الخروج 75."
        case .optionImportTo: "coalition أو user@org. (وإلا فالتحالف كله.)"
        case .argumentAlert: "المعرّف كما يعرضه recv وalert list."
        case .optionSender: "من أرسلها، إن كان هذا المعرّف لرسائل من أكثر من مرسل."
        case .argumentDescription: "قراءة الوصف باللغة الأولى من الدخل القياسي."
        case .argumentNote: "السبب، أو - للقراءة من الدخل القياسي."
        case .argumentDocument: "مستند CAP، أو - للقراءة من الدخل القياسي."
        case .shownAsKnown: "هذا ما يعرفه هذا الجهاز؛ تعذّر سؤال المُرحِّل عن المزيد. ({reason})"
        case .noAlerts: "لا إنذارات على هذا الجهاز."
        case .acknowledges: "يقرّ بالاستلام: {id}"
        case .alertAnswer: "للإجابة: {command}"
        case .alertFrom: "من {from} إلى {to}"
        case .alertUpdated: "عُدِّل: حلّ مكانه إنذار أحدث"
        case .alertCancelled: "أُلغي: لم يعد ساريًا"
        case .alertExpired: "انتهت مدته: لم يعد ساريًا"
        case .alertExercise: "تدريب. ليس حقيقيًا."
        case .alertTest: "تجربة. ليس حقيقيًا."
        case .alertSystem: "للبرامج وحدها. لا شيء مطلوب."
        case .alertDraft: "مسودة. لا تعمل بها."
        case .alertBroken: "إنذار يخالف قواعد CAP؛ وهذا نصه:"
        case .alertIsUpdate: "تعديل؛ يشير إلى {id}"
        case .alertIsCancel: "إلغاء؛ يشير إلى {id}"
        case .alertInstruction: "المطلوب:"
        case .alertArea: "المكان: {area}"
        case .alertContact: "للاتصال: {contact}"
        case .alertWeb: "للمزيد: {address}"
        case .targetCoalition: "التحالف"
        case .alertRestriction: "التداول في حدود {label} فقط."
        case .alertLanguages: "اللغات: {languages}"
        case .alertGrade: "إنذار: {severity} · {urgency} · {certainty}"
        case .alertUntil: "يسري حتى {time}"
        case .severityExtreme: "بالغ الخطورة"
        case .severitySevere: "خطير"
        case .severityModerate: "متوسط"
        case .severityMinor: "طفيف"
        case .severityUnknown: "الخطورة غير معروفة"
        case .urgencyImmediate: "فوري"
        case .urgencyExpected: "خلال ساعة"
        case .urgencyFuture: "قريبًا"
        case .urgencyPast: "انقضى"
        case .urgencyUnknown: "الإلحاح غير معروف"
        case .certaintyObserved: "مؤكَّد"
        case .certaintyLikely: "مرجَّح"
        case .certaintyPossible: "ممكن"
        case .certaintyUnlikely: "مستبعد"
        case .certaintyUnknown: "اليقين غير معروف"
        case .reachQueued: "لم يُرسل بعد"
        case .reachRelayed: "عند المُرحِّل بانتظار جلبه"
        case .reachDelivered: "وصل"
        case .reachRead: "قُرئ"
        case .reachAcknowledged: "أُقرّ باستلامه"
        case .reachBy: "{by}، في {time}"
        case .waitedInVain: "انتهت المدة. ما زال ينقص: {missing}"
        case .badQuorum: "النصاب منظمة واحدة على الأقل."
        case .deliveredNeedsAlert:
            "الإنذار وحده يُعلِم بتسليمه. انتظر relayed أو acknowledged، أو استعمل aadr-msg alert send."
        case .waitForWhat: "لا معنى لـ ‎--quorum ولا لـ ‎--timeout دون ‎--wait."
        case .badMessageID: "{value} ليس معرّف رسالة"
        case .badMessageIDAdvice: "هو 32 رقمًا وحرفًا من a إلى f؛ يعرضه recv وalert list."
        case .badUser: "{value} ليس عنوان أحد"
        case .badUserAdvice: "اكتب user@org، كما يعرضه recv وaadr-msg members."
        case .textsAndLanguages: "ورد {option} بعدد {texts}، واللغات {languages}"
        case .textsAndLanguagesAdvice: "أعطه مرة لكل ‎--lang وبالترتيب نفسه."
        case .badExpiry: "{value} ليس وقتًا آتيًا"
        case .badExpiryAdvice: "اكتب 30m أو 6h أو 2d من الآن، أو وقتًا مع منطقته: 2026-11-24T12:00:00+02:00"
        case .strayWords: "{value} لا يتبع أي خيار"
        case .strayWordsAdvice: "ضع الكلام بعد ‎--headline أو ‎--description بين علامتي اقتباس."

        // لماذا يُرفض مستند CAP.
        case .refusedTooLong: "المستند أطول من 1,000,000 بايت"
        case .refusedTooDeep: "عناصر المستند متداخلة أكثر من 16 مرة"
        case .refusedNotUTF8: "المستند ليس بترميز UTF-8"
        case .refusedDocumentType: "في المستند تعريف نوع (DOCTYPE)، ولا يحتاج إليه إنذار"
        case .refusedEntity: "في المستند كيان (entity) ليس من كيانات XML الخمسة"
        case .refusedSyntax: "المستند ليس XML سليمًا، في السطر {line}"
        case .refusedNotAnAlert: "المستند ليس إنذار CAP 1.2"
        case .refusedElementMissing: "ينقص الإنذار العنصر {element} الذي يطلبه CAP 1.2"
        case .refusedElementMalformed: "العنصر {element} في الإنذار على غير الصورة التي يعرّفها CAP 1.2"
        case .refusedElementTooLong: "العنصر {element} في الإنذار أطول مما تسعه رسالة"
        case .refusedElementTooMany: "العنصر {element} مكرّر في الإنذار أكثر مما تسعه رسالة"
        case .refusedElementRepeated: "العنصر {element} مذكور في الإنذار مرتين، ولا يسمح CAP 1.2 إلا بواحدة"
        case .refusedMessageType: "نوع المستند {type}؛ ولا يُرسل إلا Alert وUpdate وCancel"
        case .badDocumentAdvice: "راجع المستند عند مصدره."

        // ما يقوله المحرّك.
        case .engineBadInput: "ما أُعطي لا يصلح"
        case .engineUnreachable: "لا يمكن الوصول إلى المُرحِّل"
        case .engineInternal: "حدث خلل داخل البرنامج"
        case .engineCannotWrite: "تعذّرت الكتابة على القرص"
        case .engineTemporary: "ليس بعد"
        case .engineViolation: "خالف المُرحِّل أو أحد الأعضاء البروتوكول"
        case .engineNotPermitted: "هذا غير مسموح"
        case .engineConfiguration: "الإعدادات غير صحيحة"
        case .engineDetail: "التفاصيل بالإنجليزية: {what}; {lost}; {advice}"
        case .finding: "ملاحظة: {text}."
        case .findingViolation: "تحذير: {text}. ما يُعرض أصيل، وقد ينقص منه شيء. يعدّ aadr-msg status مثل هذه الأحداث."
        case .findingGroup: "المحادثة: {group}."
        case .findingMember: "العضو: {who}."
        case .unexpected: "حدث خلل ما كان ينبغي أن يحدث: {reason}"
        case .unexpectedAdvice: "أبلغ عنه مع هذا النص."

        // ما لوحظ.
        case .noticedOpeningChanged: "يعرض المُرحِّل لسجل محادثةٍ بدايةً غير التي عرضها من قبل"
        case .noticedChainBroken: "حذف المُرحِّل من محادثةٍ أو غيّر فيها أو نقل من مكانه"
        case .noticedNotAscending: "عرض المُرحِّل مُدخلًا مرة ثانية أو في غير ترتيبه"
        case .noticedBodyChanged: "غيّر المُرحِّل محتوى أحد المُدخلات"
        case .noticedHeadBehind: "أعاد المُرحِّل محادثةً إلى حال سابقة دون أن يقول ذلك"
        case .noticedHeadContradicts: "يعرض المُرحِّل مُدخلات غير التي عرضها من قبل"
        case .noticedWithheld: "يقول المُرحِّل إن هناك مزيدًا ولا يسلّمه"
        case .noticedAcknowledgedEntryMissing: "أكّد المُرحِّل استلام رسالة لك ثم لم يعرضها"
        case .noticedAcknowledgedElsewhere: "رسالة لك في مكان غير الذي ذكره المُرحِّل"
        case .noticedAnswerContradicts: "يقول المُرحِّل إن رسالةً كانت عنده، ولا يمكن أن تكون كانت"
        case .noticedIncarnationChanged:
            "يقول المُرحِّل إنه استُعيد من نسخة احتياطية. قد ينقص ما أرسله الآخرون بعدها، وما بقي من رسائلك على هذا الجهاز يُعاد إرساله"
        case .noticedReplayed: "كرّر المُرحِّل أحد المُدخلات"
        case .noticedEntryIDTaken: "استعمل المُرحِّل رقم رسالةٍ لشيء آخر"
        case .noticedGarbageEntry: "مُدخل لا يُفتح: وضع عضوٌ أو المُرحِّل شيئًا لا معنى له"
        case .noticedGarbageAdvance: "تغيير في العضوية لا يُفتح: وضع عضوٌ شيئًا لا معنى له"
        case .noticedCommitSkipped: "حاول عضوٌ تغييرًا في العضوية تمنعه القواعد؛ الجميع يتجاهله"
        case .noticedSplitView: "يعرض المُرحِّل لعضو آخر محادثةً غير التي يعرضها لهذا الجهاز"
        case .noticedCoalitionSplitView: "يعرض المُرحِّل لعضو آخر تحالفًا غير الذي يعرضه لهذا الجهاز"
        case .noticedBadMessage: "أرسل عضوٌ رسالة تخالف البروتوكول؛ لا تُعرض"
        case .noticedSecondWelcome: "استعمل أحدٌ مفتاحًا لهذا الجهاز مرتين؛ رُفضت الثانية"
        case .noticedWelcomeRefused: "رُفض ترحيبٌ إلى محادثة لأنه يخالف قاعدة"
        case .noticedInvitationVoided: "أجاب اثنان عن دعوة واحدة: قرأها شخص آخر، وقد أُلغيت"
        case .noticedBadRequest: "طلب انضمامٍ يخالف قاعدة"
        case .noticedBadKeyPackage: "مفتاحٌ ليس للجهاز الذي ينبغي أن يكون له"
        case .noticedGarbageInInbox: "في صندوق هذا الجهاز شيء لا يُفتح"
        case .noticedUnknownInboxMessage: "كتب برنامجٌ أحدث إلى هذا الجهاز: حدِّث برنامجك"
        case .noticedWelcomeUndeliverable: "لم يمكن إبلاغ من قُبل بقبوله: لا تمكن الكتابة إلى صندوقه"
        case .noticedExpiredUnread: "انتهت مدة رسائل على المُرحِّل قبل أن يقرأها هذا الجهاز"
        case .noticedGroupStopped: "لا يستطيع هذا الجهاز متابعة محادثةٍ ويجب قبوله من جديد"
        case .noticedMailboxLost: "لم يعد المُرحِّل يعرف صندوقًا يستعمله هذا الجهاز"
        case .noticedChangeImpossible: "تغيير في العضوية طُلب هنا يخالف القواعد، فتُرك"
        }
    }
}
