"""The words that courses put before a label, in the languages that students write."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TASKS = _words(
    """
    problem prob problems pb pr question quest ques qn q p task tasks exercise exercises exer exc ex aufgabe
    aufg übung frage ejercicio ejerc problema pregunta exercice exercício exercicio questão esercizio domanda
    quesito problème vraag opgave opdracht oefening uppgift fråga oppgave spørgsmål tehtävä kysymys zadanie zad
    pytanie úloha otázka feladat problemă întrebare soru задача задание вопрос упражнение πρόβλημα άσκηση
    ερώτηση 问题 題 题 問題 题目 題目 習題 习题 問 문제 問い
    """
)
PARTS = _words(
    """
    part section sec sect subsection item subproblem subquestion subpart subtask step chapter ch point teil
    teilaufgabe abschnitt schritt unterpunkt parte sección apartado inciso partie étape sezione punto deel
    onderdeel stap del delfråga część podpunkt krok часть пункт раздел шаг 部分 小题 小問
    """
)
SOLUTIONS = _words(
    """
    solution solutions soln sol answer answers ans response lösung loesung antwort solución solucion respuesta
    réponse soluzione risposta oplossing antwoord svar lösning løsning ratkaisu vastaus rozwiązanie odpowiedź
    correction corrections corrected korrektur corrección erratum errata
    řešení solução resposta решение ответ λύση απάντηση 答案 解答 答 解 回答 답
    """
)
ASSIGNMENTS = _words(
    """
    homework homeworks hw assignment asgn set pset ps problemset sheet worksheet lab laboratory project exam
    quiz midterm hausaufgabe hausaufgaben übungsblatt aufgabenblatt blatt übungsserie serie tarea devoir tp td
    compito huiswerk inlämning домашнее 作业 作業 课程
    """
)
LINKS = _words(
    """
    to for of the no nr num number numero número numéro my our zu zur für von de del la le du à al alla dell der
    till voor на к по 第 n №
    """
)
SUFFIXES = _words(
    """
    题 題 问 問 部分 小题 번
    """
)
NUMBERS = {
    word: str(number)
    for words in (
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen",
        "first second third fourth fifth sixth seventh eighth ninth tenth",
        "eins zwei drei vier fünf sechs sieben acht neun zehn",
        "uno dos tres cuatro cinco seis siete ocho nueve diez",
        "un deux trois quatre cinq six sept huit neuf dix",
        "uno due tre quattro cinque sei sette otto nove dieci",
        "één twee drie vier vijf zes zeven acht negen tien",
        "一 二 三 四 五 六 七 八 九 十",
    )
    for number, word in enumerate(words.split(), 1)
}
