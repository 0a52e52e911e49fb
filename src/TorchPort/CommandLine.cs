using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace TorchPort;

/// <summary>What the port and the diff have in common: how they take options, refuse a command line, and end.</summary>
internal static class CommandLine
{
    /// <returns>The exit code: 2 for a wrong command line, else as given for trouble and for a reader that left.</returns>
    internal static int Run(Command command, string[] args, int failureExitCode, int brokenPipeExitCode)
    {
        var parsed = Parse(command, args);
        if (parsed.Action is ParseErrorAction parseError)
        {
            var option = args.SkipWhile(token => token != "--").FirstOrDefault(token => token is ['-', '-', _, ..]);
            StandardStreams.WriteError(option is null
                ? $"{command.Name}: {GetParseErrorMessage(parsed, parseError)}\nSee {command.Name} --help."
                : $"{command.Name}: '{option}' stands after '--', where it is no option. Leave out the '--'.");
            return 2;
        }

        try
        {
            using var stdout = StandardStreams.OpenStdout();
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = stdout });
        }
        catch (OperationCanceledException)
        {
            return brokenPipeExitCode;
        }
        catch (Exception e) when (e is CommandFailedException or IOException or UnauthorizedAccessException)
        {
            StandardStreams.WriteError($"{command.Name}: {e.Message}");
            return failureExitCode;
        }
    }

    internal static Option<string> CreateDeviceOption(string description) => new("--device")
    {
        Description = description,
        HelpName = "D",
        DefaultValueFactory = _ => "auto",
        CustomParser = result => DeviceSelector.IsValidName(GetToken(result)) ? GetToken(result) : Reject<string>(result, DeviceSelector.Syntax),
    };

    internal static Option<double?> CreateLearningRateOption(string description) =>
        CreateNumberOption("--lr", "X", description, "a finite number that is not negative", 0, double.MaxValue);

    internal static Option<T?> CreateNumberOption<T>(string name, string helpName, string description, string expected, T min, T max)
        where T : struct, INumber<T> => new(name)
        {
            Description = description,
            HelpName = helpName,
            CustomParser = result =>
                T.TryParse(GetToken(result), Style<T>(), CultureInfo.InvariantCulture, out var value)
                && value >= min && value <= max ? value : Reject<T?>(result, expected),
        };

    internal static Option<bool> CreateFlag(string name, string description) =>
        new(name) { Description = description, Arity = ArgumentArity.Zero };

    // An integer has digits alone: 1e1 is none.
    private static NumberStyles Style<T>() => typeof(T) == typeof(int) ? NumberStyles.None : NumberStyles.Float;

    private static string GetToken(ArgumentResult result) => result.Tokens[0].Value;

    private static T? Reject<T>(ArgumentResult result, string expected)
    {
        result.AddError($"{((OptionResult)result.Parent!).Option.Name} takes {expected}, not '{GetToken(result)}'.");
        return default;
    }

    /// <summary>Parses a command line. An unknown option is an error, and never taken for an argument.</summary>
    internal static ParseResult Parse(Command command, string[] args)
    {
        // System.CommandLine would take an unknown option for an argument, and pass over a [directive].
        var options = args.TakeWhile(token => token != "--").Where(LooksLikeOption).Select(token => token.Split('=', ':')[0]);
        var known = command.Options.SelectMany(option => option.Aliases.Append(option.Name));
        if (options.Except(known).FirstOrDefault() is { } unknown)
        {
            // Parsed alone, where no argument can take it, it is what the error is about.
            command.Arguments.Clear();
            args = ["--", unknown];
        }

        return command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
    }

    private static bool LooksLikeOption(string token) => token is ['-', not ((>= '0' and <= '9') or '.'), ..] or ['[', .., ']'];

    // System.CommandLine has a suggestion for any short word. Only a misspelt option gets it here, in place of the error.
    private static string GetParseErrorMessage(ParseResult parsed, ParseErrorAction parseError)
    {
        using var suggestions = new StringWriter { NewLine = " " };
        parseError.ShowHelp = false;
        parseError.ShowTypoCorrections = parsed.UnmatchedTokens is [['-', ..], ..];
        _ = parsed.Invoke(new InvocationConfiguration { Output = suggestions, Error = TextWriter.Null });
        return suggestions.ToString().Trim() is { Length: > 0 } message ? message : string.Join(' ', parsed.Errors);
    }
}
